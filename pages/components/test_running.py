"""A test of a model, or a recording of its answers, while it runs: true counts, elapsed, expected, a way to cancel it."""

from functools import partial

import streamlit as st

from pages.components import again, durations, guard, markup, state
from pages.components.markup import Tone, cell
from pages.components.test_server import refusing
from services.models import testing
from services.models.records import ModelRecord
from services.models.test_state import Counted, Kind, Testing

REFRESH_S, LOOK_S = 1.0, 3.0  # while it runs; while it may be begun in another tab
_TONES: dict[str, Tone] = {"done": "good", "running": "running", "failed": "bad", "waiting": "muted"}
_WORDS = {"done": "Done", "running": "Running", "failed": "Stopped", "waiting": "Waiting"}
_TITLES: dict[Kind, str] = {"test": "Testing", "record": "Recording the answers"}


def live(model: ModelRecord, kind: Kind) -> Testing | None:
    """Draw what runs of this kind, and the whole page anew when something begins or ends; give how the last one is."""
    before = testing.state(model.id)

    def panel() -> None:
        guard.guarded(lambda: _turn(model.id, kind, _mark(before)))

    again.drawn(kind, panel, REFRESH_S if before and before.running else LOOK_S)
    return before


def _mark(one: Testing | None) -> tuple[float, str] | None:
    return (one.began_at, one.phase) if one else None


def _turn(model_id: str, kind: Kind, mark: tuple[float, str] | None) -> None:
    now = testing.state(model_id)
    if _mark(now) != mark:
        st.rerun()
    if now and now.runs(kind):
        _progress(now)


def _progress(now: Testing) -> None:
    with st.container(border=True, key=f"running_{now.kind}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{_TITLES[now.kind]}**")
            markup.note(_times(now), live=False)
            st.button("Cancel", key="cancel_test", on_click=_cancel, args=(now.model_id,))
        st.progress(now.now.share, _counts(now.now))
        if len(now.steps) > 1:
            heads = ("Step", "State", "Requests", "Elapsed", "Expected")
            markup.table("Steps of the test", heads, map(_row, now.steps))


def ended(now: Testing | None, kind: Kind) -> None:
    """How the last one of this kind ended, where no verdict says it."""
    if now is None or now.kind != kind or not now.why:
        return
    step = now.now
    far = f" {step.name}: {step.done} of {step.total}." if step.total and now.phase != "failed" else ""
    markup.note(f"{now.why}{far}", "bad" if now.phase in ("failed", "lost") else "muted")


def start(model: ModelRecord, kind: Kind) -> None:
    """Begin one; a callback of a button."""
    _start(model.id, kind)


def _times(now: Testing) -> str:
    left = f", about {durations.short(max(1, round(now.left_s)))} left" if now.left_s is not None else ""
    return f"{durations.short(now.elapsed_s)}{left}"


def _counts(step: Counted) -> str:
    return f"{step.name}: {step.done} of {step.total}" if step.total else f"{step.name}: about to begin"


def _row(step: Counted) -> list[str]:
    return [
        cell(step.name),
        cell(_WORDS[step.state], tone=_TONES[step.state]),
        cell(f"{step.done} of {step.total}" if step.total else "–", right=True),
        cell(durations.short(step.elapsed_s), right=True),
        cell(durations.short(step.expected_s), right=True),
    ]


@guard.answering
def _start(model_id: str, kind: Kind) -> None:
    refusing(partial(testing.start, model_id, state.tab(), kind))


@guard.answering
def _cancel(model_id: str) -> None:
    testing.cancel(model_id)
