"""A run, live: the table that a screen reader can follow, what failed and what to do about it, cancel."""

import time
from collections.abc import Callable

import streamlit as st

from pages.components import durations, guard, markup, state, steps
from pages.components.markup import Tone, cell
from services.catalogue import registry
from services.plan import Plan
from services.progress import BUSY, DONE, RunView, StepView
from services.runs import client, journal

TONES: dict[str, Tone] = {
    "Succeeded": "good", "Existing": "good", "Deleted": "good", "Failed": "bad", "Canceled": "care", "Skipped": "care",
    "Waiting": "muted", "Planned": "muted",
}  # fmt: skip
WORDS = {
    "Queued": "Waiting for the worker", "Running": "Deployment is in progress", "Parked": "Deployment needs your answer",
    "Succeeded": "Your deployment is complete", "Failed": "Deployment failed", "Canceled": "Deployment was cancelled",
}  # fmt: skip
REFRESH_S = 1.0


def live(run_id: str, draw: Callable[[RunView], None]) -> None:
    """Draw a run, and again every second while it goes on; when it ends the whole page is drawn anew."""
    ended = journal.view(run_id).ended

    @st.fragment(run_every=None if ended else REFRESH_S)
    def panel() -> None:
        guard.guarded(lambda: _turn(run_id, ended, draw))

    panel()


def _turn(run_id: str, ended: bool, draw: Callable[[RunView], None]) -> None:
    run = journal.view(run_id)
    if run.ended and not ended:
        st.rerun()
    draw(run)


def summary(run: RunView) -> None:
    """One line that says how far it is; a screen reader is told when it changes."""
    done = sum(s.state in DONE for s in run.steps.values())
    failed = sum(s.state == "Failed" for s in run.steps.values())
    tone: Tone = (
        "bad" if failed or run.state == "Failed" else "good" if run.state == "Succeeded" else "running"
    )
    tone = "care" if run.state == "Canceled" else tone
    words = f"{WORDS[run.state]}. {done} of {len(run.steps)} resources are ready"
    markup.note(words + (f", {failed} failed." if failed else "."), tone)
    st.progress(done / max(1, len(run.steps)))


def table(run: RunView, plan: Plan) -> None:
    """Every resource with its state, times, attempt and IDs."""
    heads = ("Resource", "Type", "State", "Elapsed", "Expected", "Attempt", "Operation details")
    markup.table("Resources of this run", heads, (_row(plan, step) for step in run.steps.values()))


def _row(plan: Plan, step: StepView) -> list[str]:
    found = next((r for r in plan if r.key == step.key), None)
    tone = "running" if step.state in BUSY else TONES.get(step.state, "muted")
    details = step.correlation_id and f"Correlation ID {step.correlation_id}"
    return [
        cell(found.name if found else step.key, mono=True, title=step.resource_id),
        cell(found.label if found else registry.of(step.key).label),
        cell(step.state, tone=tone, title=step.note),
        cell(durations.short(step.elapsed_s(time.time())), right=True),
        cell(durations.short(step.expected_s) if step.expected_s else "–", right=True),
        cell(str(step.attempt or "–"), right=True),
        cell(details or step.note or "–", mono=bool(details)),
    ]


def failures(run: RunView, plan: Plan) -> None:
    """What failed, in plain words, with what can be done; Azure's own answer is folded."""
    for step in run.steps.values():
        if step.error is None or step.state in DONE:
            continue
        name = plan[step.key].name if step.key in plan else step.key
        with st.container(border=True, key=f"failed_{step.key}"):
            what = markup.plain(step.error.what or step.error.message)
            st.error(f"**{registry.of(step.key).label} {markup.plain(name)}:** {what}")
            if step.error.fix:
                st.markdown(f"**What to do:** {markup.plain(step.error.fix)}")
            _answers(run, step)
            with st.expander(f"Azure's answer: {markup.plain(step.error.code)}", type="compact"):
                st.code(step.error.raw or step.error.message, language="json", wrap_lines=True)


def _answers(run: RunView, step: StepView) -> None:
    assert step.error
    if run.ended or step.state != "Failed":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Retry",
            key=f"retry:{step.key}",
            type="primary",
            on_click=_answer,
            args=(run.id, step.key, "retry"),
        )
        st.button("Leave it", key=f"skip:{step.key}", on_click=_answer, args=(run.id, step.key, "stop"))
        if step.error.path:
            steps.link(steps.of_path(step.error.path), "Change the setting", run.project)


def cancel(run: RunView) -> None:
    """Stop what has not begun; what Azure has accepted goes on to its end."""
    st.button(
        "Cancel", key="cancel", on_click=_cancel, args=(run.id,),
        help="Begins nothing more. What Azure has accepted goes on to its end and is shown.",
    )  # fmt: skip


@guard.answering
def _answer(run_id: str, key: str, action: str) -> None:
    client.answer(run_id, key, "retry" if action == "retry" else "stop", by=state.tab())


@guard.answering
def _cancel(run_id: str) -> None:
    client.cancel(run_id, by=state.tab())
