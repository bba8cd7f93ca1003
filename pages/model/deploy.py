"""Deploy a tested model: the gate, where it goes, on which machines, what that costs, and the run that does it."""

import streamlit as st

from pages.components import deploy_choices, deploy_gate, model_page, release_run
from services.runs import journal

draft, model = model_page.with_model(
    "deploy",
    "Deploy to the cloud",
    "The tested model becomes an online endpoint of the project's workspace. Nothing happens before you press the button.",
)
run = journal.newest(draft.id, kinds=journal.MODELS)
going_on, free = run is not None and not run.ended, deploy_gate.draw(draft, model)
if run and going_on:
    st.header(f"This run: {release_run.title(run)}", anchor=False)
    release_run.draw(run)
elif run:
    release_run.ended(run)
if free and not going_on:
    deploy_choices.draw(draft, model)
