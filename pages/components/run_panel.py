"""A run, live: the table that a screen reader can follow, what failed and what to do about it, cancel."""

import time
from collections.abc import Callable

import streamlit as st

from pages.components import again, answers, durations, guard, markup, state
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
    "apply": {
        "Queued": "Waiting for the worker", "Running": "Deployment is in progress",
        "Parked": "Deployment needs your answer", "Succeeded": "Your deployment is complete",
        "Failed": "Deployment failed", "Canceled": "Deployment was cancelled",
    },
    "destroy": {
        "Queued": "Waiting for the worker", "Running": "Removing is in progress", "Parked": "Removing needs your answer",
        "Succeeded": "Removing is complete", "Failed": "Removing failed", "Canceled": "Removing was cancelled",
    },
    "deploy": {
        "Queued": "Waiting for the worker", "Running": "The model is being deployed",
        "Parked": "The deployment of the model needs your answer", "Succeeded": "The model is deployed",
        "Failed": "The deployment of the model failed", "Canceled": "The deployment of the model was cancelled",
    },
    "withdraw": {
        "Queued": "Waiting for the worker", "Running": "What was deployed is being removed",
        "Parked": "Removing needs your answer", "Succeeded": "It is removed", "Failed": "Removing failed",
        "Canceled": "Removing was cancelled",
    },
}  # fmt: skip
REFRESH_S = 1.0


def live(run_id: str, draw: Callable[[RunView], None]) -> None:
    """Draw a run, and again every second while it goes on; when it ends or parks the whole page is drawn anew."""
    before = journal.view(run_id)
    ended, parked = before.ended, before.state == "Parked"

    def panel() -> None:
        guard.guarded(lambda: _turn(run_id, ended, parked, draw))

    again.drawn(f"run_{run_id}", panel, None if ended else REFRESH_S)


def _turn(run_id: str, ended: bool, parked: bool, draw: Callable[[RunView], None]) -> None:
    run = journal.view(run_id)
    if (run.ended, run.state == "Parked") != (ended, parked):
        st.rerun()
    draw(run)


def summary(run: RunView) -> None:
    """One line that says how far it is; a screen reader is told when it changes."""
    failed = any(s.state == "Failed" for s in run.steps.values())
    tone: Tone = (
        "bad" if failed or run.state == "Failed" else "good" if run.state == "Succeeded" else "running"
    )
    tone = "care" if run.state == "Canceled" else tone
    markup.note(f"{WORDS[run.kind][run.state]}. {_counted(run)}.", tone)
    done = sum(s.state in DONE for s in run.steps.values())
    st.progress(done / max(1, len(run.steps)))


def _counted(run: RunView) -> str:
    """How many resources are ready or removed, kept, failed."""
    states = [s.state for s in run.steps.values()]
    removing, things = run.kind in journal.TAKING, "steps" if run.kind == "deploy" else "resources"
    done = states.count("Deleted") if removing else sum(s in DONE for s in states)
    words = f"{done} of {len(states)} {things} are {'removed' if removing else 'ready'}"
    more = ((states.count("Skipped") * removing, "kept"), (states.count("Failed"), "failed"))
    return ", ".join([words, *(f"{count} {word}" for count, word in more if count)])


def table(run: RunView, plan: Plan) -> None:
    """Every resource with its state, times, attempt and IDs."""
    heads = ("Resource", "Type", "State", "Elapsed", "Expected", "Attempt", "Operation details")
    markup.table("Resources of this run", heads, (_row(plan, step) for step in run.steps.values()))


def _row(plan: Plan, step: StepView) -> list[str]:
    tone = "running" if step.state in BUSY else TONES.get(step.state, "muted")
    correlation = step.correlation_id and f"Correlation ID {step.correlation_id}"
    return [
        cell(name_in(plan, step), mono=True, title=step.resource_id),
        cell(label_of(plan, step.key)),
        cell(step.state, tone=tone, title=step.note),
        cell(durations.short(step.elapsed_s(time.time())), right=True),
        cell(durations.short(step.expected_s) if step.expected_s else "–", right=True),
        cell(str(step.attempt or "–"), right=True),
        cell(" · ".join(filter(None, [step.note, step.resource_id, correlation])) or "–", mono=not step.note),
    ]


def label_of(plan: Plan, key: str) -> str:
    """What a resource is: its type, and the plan's own word for it where that says more."""
    kind = registry.of(key).label
    own = plan[key].label if key in plan else kind
    return kind if own == kind else f"{kind}: {own}"


def name_in(plan: Plan, step: StepView) -> str:
    """The same as a plan of a release says it, which knows versions by the name that they belong to."""
    return plan[step.key].name if plan.release and step.key in plan else name_of(step)


def name_of(step: StepView) -> str:
    """A resource's own name: the last part of its ID, also of one that no plan has any more."""
    return step.resource_id.rpartition("/")[2] or step.key


def failures(run: RunView, plan: Plan) -> None:
    """What failed, in plain words, with what can be done; Azure's own answer is folded."""
    for step in run.steps.values():
        if step.error is None or step.state in DONE:
            continue
        with st.container(border=True, key=f"failed_{step.key}"):
            what = markup.plain(step.error.what or step.error.message)
            st.error(f"**{label_of(plan, step.key)} {markup.plain(name_in(plan, step))}:** {what}")
            if step.error.fix:
                st.markdown(f"**What to do:** {markup.plain(step.error.fix)}")
            answers.draw(run, step)
            with st.expander(f"Azure's answer: {markup.plain(step.error.code)}", type="compact"):
                st.code(step.error.raw or step.error.message, language="json", wrap_lines=True)


def cancel(run: RunView) -> None:
    """Stop what has not begun; what Azure has accepted goes on to its end."""
    st.button(
        "Cancel", key="cancel", on_click=_cancel, args=(run.id,),
        help="Begins nothing more. What Azure has accepted goes on to its end and is shown.",
    )  # fmt: skip


@guard.answering
def _cancel(run_id: str) -> None:
    client.cancel(run_id, by=state.tab())
