"""The API handler: the files that answer requests with the model, to read, to edit, and to go back."""

import streamlit as st

from pages.components import handler_files, handler_review, model_page

draft, record = model_page.with_model(
    "handler",
    "API handler",
    "These files answer requests with your model, on this machine and in the cloud. They were generated from what the "
    "model file says of itself; change what you like.",
)
handler_review.style()
bench = handler_files.take(record)
name = handler_files.choose(bench)
with st.container(key="halves"):
    left, right = st.columns([2, 1], gap="large")
with left:
    handler_files.edit(bench, name)
    handler_review.actions(bench, name)
with right:
    handler_review.problems(bench)
    handler_review.facts(bench)
    handler_files.add(bench)
handler_review.difference(bench, name)
