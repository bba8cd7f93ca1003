"""The test server of a model on its page: start it, see how far it is, cancel or stop it, read its log."""

from collections.abc import Callable

import streamlit as st

from pages.components import again, durations, guard, markup, state
from pages.components.markup import Tone, cell
from services.models import candidate, serving
from services.models.candidate import Candidate
from services.models.files import FileMissing
from services.models.records import ModelRecord
from services.models.server_state import ServerState, Step
from services.models.serving import NotAllowed, NotServing
from services.models.testing import Busy

REFRESH_S = 1.0
BADGES = {
    "bubblewrap": ("Sandboxed", "safe", "bubblewrap: no network, read-only files, limited memory and time"),
    "limits": ("Limits only", "unknown", "No sandbox here: memory and time are limited, files and network are open to it"),
}  # fmt: skip
_TONES: dict[str, Tone] = {"done": "good", "running": "running", "failed": "bad", "waiting": "muted"}
_WORDS = {"done": "Done", "running": "Running", "failed": "Stopped", "waiting": "Waiting"}


def live(model: ModelRecord) -> ServerState | None:
    """Draw the server and, while it is being built or started, draw it again every second; give how it is."""
    tested = candidate.of_record(model)
    before = serving.state(tested.server_key)
    moving = before is not None and before.phase in ("building", "starting")

    def panel() -> None:
        guard.guarded(lambda: _turn(model, tested, before.phase if before else None))

    again.drawn("server", panel, REFRESH_S if moving else None)
    return before


def _turn(model: ModelRecord, tested: Candidate, phase: str | None) -> None:
    now = serving.state(tested.server_key)
    if (now.phase if now else None) != phase:
        st.rerun()
    guard.refusal()
    with st.container(border=True, key="test_server"):
        _head(model, tested, now)
        if now and now.phase in ("building", "starting", "failed"):
            _steps(now)
        elif now and now.live:
            with st.expander("How it was started"):
                _steps(now)
        if now and now.log:
            with st.expander("Log of the handler"):
                st.code(now.log, language=None, wrap_lines=True, height=300)


def _head(model: ModelRecord, tested: Candidate, now: ServerState | None) -> None:
    if now is None or not now.live:
        _ended(now)
        if not tested.allowed:
            st.error(markup.plain(tested.refusal))
            return
        word = "Start again" if now else "Build and start"
        st.button(word, key="start_server", type="primary", on_click=_start, args=(model,))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{ {'building': 'Building the environment', 'starting': 'Starting', 'ready': 'Ready'}[now.phase] }**"
        )
        if now.isolation:
            markup.badge(*BADGES[now.isolation])
        word = "Stop" if now.phase == "ready" else "Cancel"
        st.button(word, key="stop_server", on_click=_stop, args=(now.key,))
    for warning in now.warnings:
        st.warning(markup.plain(warning))
    if now.phase == "ready":
        figures(now.startup_s, now.memory_peak_mb, now.memory_limit_mb)


def figures(startup_s: float | None, memory_mb: float | None, limit_mb: int | None) -> None:
    """What was measured of a server."""
    markup.facts(
        [
            ("Start-up", f"{startup_s:.1f} s" if startup_s is not None else "–"),
            ("Memory peak", f"{memory_mb:,.0f} MB of {limit_mb:,} MB" if memory_mb and limit_mb else "–"),
        ]
    )


def _ended(now: ServerState | None) -> None:
    if now is None:
        markup.note(
            "The environment is built once and kept; then the handler runs in a process of its own.",
            live=False,
        )
        return
    if now.phase == "failed":
        st.error(markup.plain(now.why))
        if now.answer:
            with st.expander("The program's own answer"):
                st.code(now.answer, language=None, wrap_lines=True)
    else:
        markup.note(f"Not running. {now.why}", "muted")


def _steps(now: ServerState) -> None:
    markup.table(
        "Steps of the test server", ("Step", "State", "Elapsed", "Expected", "Details"), map(_row, now.steps)
    )


def _row(step: Step) -> list[str]:
    return [
        cell(step.name),
        cell(_WORDS[step.state], tone=_TONES[step.state]),
        cell(durations.short(step.elapsed_s), right=True),
        cell(durations.short(step.expected_s) if step.expected_s else "–", right=True),
        cell(step.note or "–"),
    ]


def refusing(act: Callable[[], object]) -> None:
    """Do what a button asks; why it can't be done is said above the page."""
    try:
        act()
    except (NotAllowed, NotServing, FileMissing, Busy) as error:
        st.session_state[state.REFUSED] = str(error)


@guard.answering
def _start(model: ModelRecord) -> None:
    refusing(lambda: serving.start(candidate.of_record(model), model.project_id))


@guard.answering
def _stop(key: str) -> None:
    serving.stop(key)
