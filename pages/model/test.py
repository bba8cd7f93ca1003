"""Test on this machine: the same handler as in the cloud, in a sandbox, from input to output, and the verdict."""

from functools import partial

import streamlit as st

from pages.components import model_page, request_form, test_golden, test_server, test_verdict
from services.models import serving

draft, model = model_page.with_model(
    "test",
    "Test on this machine",
    "Runs the model with its API handler as Azure does, in a process of its own, and sees whether it answers right.",
)
server = test_server.live(model)
ready = server is not None and server.phase == "ready"
exchange = None
if server and ready:
    st.header("Try it", anchor=False)
    exchange = request_form.draw("test", model, partial(serving.ask, server.key))
test_golden.draw(model, exchange, ready)
test_verdict.draw(model, ready)
