"""The endpoint of a model: state, address, use, keys, logs, figures, traffic, scale, removal."""

import streamlit as st

from pages.components import endpoint_panel, guard, model_page, release_run
from services.runs import journal

draft = model_page.begin(
    "endpoint",
    "Endpoint",
    "The model as it is served. Everything here is asked of the cloud at this moment.",
)
guard.refusal()
run = journal.newest(draft.id, kinds=journal.MODELS)
if run and not run.ended:
    st.header(release_run.title(run), anchor=False)
    release_run.draw(run)
names = endpoint_panel.names(draft.id)
if names:
    endpoint_panel.show(draft, names)
else:
    endpoint_panel.none(draft)
if run and run.ended:
    with st.expander(f"The last run: {run.state.lower()}", expanded=run.state != "Succeeded"):
        release_run.draw(run)
