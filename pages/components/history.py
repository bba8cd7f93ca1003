"""The runs of a project as a list: what each did, how it ended, when, how long, by whom; a filter; a way to open one."""

import time

import streamlit as st

from pages.components import again, durations, markup, run_file, run_panel, state, steps
from pages.components.markup import Tone, cell
from pages.components.project_places import RUN
from services.progress import RunView, StepView
from services.runs import journal

KINDS = {
    "apply": "Create and change", "destroy": "Remove", "deploy": "Deploy a model", "withdraw": "Withdraw a model",
}  # fmt: skip
ASKED = {"undo": "Undo", "purge": "Remove and purge", "put": "Put back"}
STATES: dict[str, Tone] = {
    "Queued": "muted", "Running": "running", "Parked": "bad", "Succeeded": "good", "Failed": "bad", "Canceled": "care",
}  # fmt: skip
EVERY = "All"


def draw(id: str) -> None:
    """The runs that pass the filter, the newest first; drawn anew while one goes on."""
    runs = journal.history(id)
    if not runs:
        st.info("No run yet. The first one begins when you press Create.")
        steps.link(steps.SUMMARY, "Review + create", id)
        return
    kind, outcome = _filters(id)
    again.drawn("history", lambda: _list(id, kind, outcome), None if runs[0].ended else 2.0)
    _trail(id)
    st.download_button(
        "Download the history as JSON", lambda: run_file.every(id), f"{id}-history.json", "application/json",
        key="history_json", on_click="ignore",
    )  # fmt: skip


def title(run: RunView) -> str:
    """What was asked for, and what came of it: `Undo: 7 removed`."""
    asked = next((words for option, words in ASKED.items() if run.options.get(option)), KINDS[run.kind])
    return f"{asked}: {outcome(run)}"


def outcome(run: RunView) -> str:
    """What a run did, counted: `7 created`, `1 changed, 6 unchanged`, `6 removed, 1 kept`."""
    words = [_deed(run, step) for step in run.steps.values()]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "nothing"


def who(by: str) -> str:
    """Who started it: this tab, another tab, the command line."""
    if by == state.tab():
        return "this tab"
    return by if not by or " " in by else f"tab {by}"


def took(run: RunView) -> str:
    """How long it has run, up to its end."""
    begun = run.started_at
    return "not begun" if begun is None else durations.short((run.finished_at or time.time()) - begun)


def _filters(id: str) -> tuple[str, str]:
    with st.container(horizontal=True, key="filters"):
        kind = st.selectbox(
            "Kind", [EVERY, *KINDS], format_func=lambda k: KINDS.get(k, k), key=f"kind:{id}", width=200,
            persist_state="session",
        )  # fmt: skip
        outcome = st.selectbox(
            "State", [EVERY, *STATES], key=f"state:{id}", width=200, persist_state="session"
        )
    return str(kind), str(outcome)


def _list(id: str, kind: str, outcome: str) -> None:
    runs = journal.history(id)
    shown = [run for run in runs if kind in (EVERY, run.kind) and outcome in (EVERY, run.state)]
    markup.note(f"{len(shown)} of {len(runs)} run{'s' * (len(runs) != 1)}.")
    for run in shown:
        _row(id, run)


def _trail(id: str) -> None:
    """What users did, also what began no run; nothing takes a line away again."""
    with st.expander("What users did"):
        rows = [
            [
                cell(durations.ago(one.at), title=durations.clock(one.at)), cell(who(one.by) or "–"), cell(one.action),
                cell(", ".join(f"{key} {value}" for key, value in one.detail.items()), mono=True),
            ]
            for one in journal.trail(id)
        ]  # fmt: skip
        markup.table("What users did", ("When", "Who", "What", "Of what"), rows)


def _row(id: str, run: RunView) -> None:
    with st.container(key=f"run_{run.id}", border=True, gap="xxsmall"):
        query = {**steps.query(id), "run": run.id}
        st.page_link(RUN, label=title(run), query_params=query)
        markup.line(
            [
                (run.state, STATES[run.state], run_panel.WORDS[run.kind][run.state]),
                (durations.ago(run.created_at), "muted", durations.clock(run.created_at)),
                (f"took {took(run)}" if run.started_at else took(run), "muted", ""),
                (f"by {who(run.by)}" if run.by else "", "muted", ""),
                (run.id, "muted", "The run's ID"),
            ]
        )


def _deed(run: RunView, step: StepView) -> str:
    if step.state == "Failed":
        return "failed"
    if run.kind in journal.TAKING:
        return {"Deleted": "removed", "Skipped": "kept"}.get(step.state, step.state.lower())
    if step.state == "Succeeded" and not step.created_by_run:
        return "changed" if step.correlation_id and step.attempt else "unchanged"
    return {"Succeeded": "created", "Existing": "used as it is"}.get(step.state, step.state.lower())
