"""What can be answered to a resource that could not be made: each answer a button, the risky ones asked for twice."""

import streamlit as st

from pages.components import guard, markup, state, steps
from services.progress import RunView, StepView
from services.runs import client
from services.runs.client import Answer

WORDS: dict[Answer, tuple[str, str]] = {
    "retry": ("Retry", "Tries again, with the settings as they are now."),
    "skip": (
        "Skip it",
        "Goes on without this resource and without what needs it; a later run can create them.",
    ),
    "stop": ("Keep as it is", "Gives this resource up. What stands stays, what needs it is not created."),
    "recover": (
        "Recover the deleted one",
        "Brings it back with what was in it, then puts the settings of this project.",
    ),
    "purge": ("Purge the deleted one", "Removes it for good, then tries again under the free name."),
}
PURGE = "I know that nobody can recover it afterwards"


def draw(run: RunView, step: StepView) -> None:
    """The buttons that fit this failure, and the way to the setting that broke it."""
    offered = client.answers(run, step)
    if not offered:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for answer in offered:
            if answer == "purge":
                _purge(run.id, step.key)
            else:
                _button(run.id, step.key, answer, primary=answer == offered[0])
        if step.error and step.error.path and run.kind == "apply":
            steps.link(steps.of_path(step.error.path), "Change the setting", run.project)


def _button(run_id: str, key: str, answer: Answer, *, primary: bool, disabled: bool = False) -> None:
    label, help = WORDS[answer]
    st.button(
        label, key=f"{answer}:{key}", type="primary" if primary else "secondary", help=help, disabled=disabled,
        on_click=_answer, args=(run_id, key, answer),
    )  # fmt: skip


def _purge(run_id: str, key: str) -> None:
    label, help = WORDS["purge"]
    with st.popover(label):
        markup.note(f"{help} It needs the right to purge, which Contributor of a group alone is not.", "care")
        sure = st.checkbox(PURGE, key=f"sure:{key}")
        _button(run_id, key, "purge", primary=True, disabled=not sure)


@guard.answering
def _answer(run_id: str, key: str, answer: Answer) -> None:
    client.answer(run_id, key, answer, by=state.tab())
