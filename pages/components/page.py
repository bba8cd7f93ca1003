"""How every page of a project begins: the project that the URL names, what other tabs have done, the steps."""

from collections.abc import Callable

import streamlit as st

from pages.components import again, binding, conflict, markup, state, stepper, steps
from pages.components.state import Draft
from pages.components.steps import Step
from services.runs import journal

WATCH_S = 3.0


def begin(here: Step, title: str, sentence: str) -> Draft:
    """Begin a step of the set-up; without a project the page ends here."""
    return of_project(here.file, title, sentence, lambda draft: stepper.draw(draft, here))


def of_project(place: str, title: str, sentence: str, links: Callable[[Draft], None]) -> Draft:
    """Read the project, draw what stands above the content; without a project the page ends here."""
    id = state.project_id()
    if id is None:
        st.info("This page belongs to a project. Open one, or begin a new one.")
        steps.link(steps.OVERVIEW, "To the overview", None)
        st.stop()
    binding.enter(f"{place} {id}")
    draft = state.read(id)
    links(draft)
    st.title(title, anchor=False)
    markup.lead(sentence)
    conflict.draw(draft)
    watch(id, WATCH_S)
    return draft


def watch(id: str, every: float) -> None:
    """Look every so many seconds whether another tab has changed the project or started a run, and show it."""
    newest = _newest(id)
    again.drawn("watch", lambda: _look(id, newest), every)


def _newest(id: str) -> str:
    run = journal.newest(id, kinds=journal.ALL)
    return f"{run.id} {run.ended}" if run else ""


def _look(id: str, run: str) -> None:
    if state.changed_elsewhere(id) or _newest(id) != run:
        st.rerun()
