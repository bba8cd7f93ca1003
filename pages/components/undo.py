"""Undo of a run: what it has created goes again, after it was asked for twice."""

import streamlit as st

from pages.components import guard, soft_delete, state
from services.progress import RunView
from services.runs import journal, teardown
from services.runs.client import RunActive


def draw(run: RunView) -> None:
    """The button of a run that is over or waits for an answer, and created what still stands.

    What would go is said before it goes. A run that waits is cancelled first.
    """
    going = standing(run)
    if run.kind not in journal.PUTTING or not (run.ended or run.state == "Parked") or not going:
        return
    with st.popover("Undo this run"):
        count = "the one resource" if len(going) == 1 else f"the {len(going)} resources"
        st.markdown(
            f"**This removes {count} that this run created, with all that is in them.** What was there before stays."
        )
        soft_delete.say(going)
        st.button(
            f"Remove {len(going)} resource{'s' * (len(going) != 1)}", key=f"undo:{run.id}", type="primary",
            on_click=_undo, args=(run.id,),
        )  # fmt: skip


def standing(run: RunView) -> list[str]:
    """Keys of what the run has created and no run has removed since."""
    owned = {id.lower() for _, id in journal.made_by(run.project)}
    return [s.key for s in run.steps.values() if s.created_by_run and s.resource_id.lower() in owned]


@guard.answering
def _undo(run_id: str) -> None:
    try:
        teardown.undo(run_id, by=state.tab())
    except RunActive:
        st.session_state[state.REFUSED] = "Another run of this project goes on. Wait for its end, then undo."
