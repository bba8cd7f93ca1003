"""How every page of the set-up begins: the project that the URL names, what other tabs have done, the steps."""

import streamlit as st

from pages.components import binding, conflict, markup, state, stepper, steps
from pages.components.state import Draft
from pages.components.steps import Step


def begin(here: Step, title: str, sentence: str) -> Draft:
    """Read the project, draw what stands above the content; without a project the page ends here."""
    id = state.project_id()
    if id is None:
        st.info("This page belongs to a project. Open one, or begin a new one.")
        steps.link(steps.OVERVIEW, "To the overview", None)
        st.stop()
    binding.enter(f"{here.file} {id}")
    draft = state.read(id)
    stepper.draw(draft, here)
    st.title(title, anchor=False)
    markup.lead(sentence)
    conflict.draw(draft)
    _watch(id)
    return draft


@st.fragment(run_every=3.0)
def _watch(id: str) -> None:
    """Look whether another tab has changed the project, and show it."""
    if state.changed_elsewhere(id):
        st.rerun()
