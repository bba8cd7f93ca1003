"""The header of the set-up: where you are, what is done, what is wrong, what is to come."""

from typing import Literal

import streamlit as st

from pages.components import steps
from pages.components.state import Draft
from pages.components.steps import STEPS, Step
from services.progress import RunView
from services.runs import journal

Mark = Literal["done", "current", "wrong", "todo"]
SIGNS: dict[Mark, str] = {"done": "✓", "current": "", "wrong": "!", "todo": ""}


def draw(draft: Draft, here: Step) -> None:
    """A link for each step, with a sign; `touches.js` adds the word."""
    run = journal.newest(draft.id)
    with st.container(key="stepper", horizontal=True, gap="small"):
        for step in STEPS:
            mark = marked(draft, run, step, here)
            shown = f"{step.number} {step.short} {SIGNS[mark]}".strip()
            place = "current" if step is here else mark
            with st.container(key=f"step_{step.number}_{place}_{mark}", width="content"):
                st.page_link(step.file, label=shown, query_params=steps.query(draft.id))


def marked(draft: Draft, run: RunView | None, step: Step, here: Step) -> Mark:
    """How a step stands: wrong outweighs everything, then where you are."""
    if wrong(draft, step) or (
        step is steps.PROVISIONING and run is not None and run.state in ("Parked", "Failed")
    ):
        return "wrong"
    if step is here:
        return "current"
    return "done" if _done(run, step, here) else "todo"


def wrong(draft: Draft, step: Step) -> bool:
    """Whether a key of this step breaks a rule."""
    return any(draft.problems(key) for key in step.keys)


def _done(run: RunView | None, step: Step, here: Step) -> bool:
    if step in (steps.PROVISIONING, steps.COMPLETE):
        return run is not None and run.kind == "apply" and run.state == "Succeeded"
    return run is not None or step.number < here.number
