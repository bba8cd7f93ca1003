"""One run of the past, whole: who, when, every step with attempts and IDs, what failed and why; and as a file."""

import time

import streamlit as st

from pages.components import (
    durations,
    history,
    markup,
    model_places,
    receipt,
    run_file,
    run_panel,
    run_plan,
    steps,
    undo,
)
from pages.components.markup import cell
from pages.components.project_places import PAGES
from services.plan import Plan
from services.progress import RunView, StepView
from services.runs import events, journal


def draw(id: str, run_id: str) -> None:
    """A run of this project by its ID."""
    steps.link(PAGES["history"], "All runs", id)
    run = next((r for r in journal.history(id) if r.id == run_id), None)
    if run is None:
        st.warning("This project has no such run. The address may be mistyped.")
        return
    plan = run_plan.of(run)
    st.header(history.title(run), anchor=False)
    _facts(run)
    if not run.ended:
        live = model_places.PAGES["deploy"] if run.kind in journal.MODELS else steps.PROVISIONING
        steps.link(live, "It goes on: follow it live", id)
    run_panel.failures(run, plan)
    _steps(run, plan)
    _log(run)
    if run.kind in journal.TAKING and run.ended:
        receipt.draw(run, plan)
    with st.container(horizontal=True):
        st.download_button(
            "Download as JSON", run_file.one(run), f"{run.id}.json", "application/json", key="run_json", on_click="ignore",
        )  # fmt: skip
        undo.draw(run)


def _facts(run: RunView) -> None:
    markup.facts(
        [
            ("Run", run.id), ("State", run.state), ("By", history.who(run.by) or "–"),
            ("Asked for", durations.clock(run.created_at)), ("Began", durations.clock(run.started_at)),
            ("Ended", durations.clock(run.finished_at)), ("Took", history.took(run)),
        ]
    )  # fmt: skip


def _steps(run: RunView, plan: Plan) -> None:
    st.header("Steps", anchor=False)
    heads = ("Resource", "Type", "State", "Attempts", "Began", "Took", "Correlation ID", "Note")
    markup.table("Steps of this run", heads, (_row(plan, step) for step in run.steps.values()))


def _log(run: RunView) -> None:
    """What happened in each step, line by line, with the IDs that Azure's support asks for."""
    told = events.of_run(run.id)
    with st.expander("Log of every step"):
        for key, step in run.steps.items():
            rows = [_line(one) for one in told.get(key, [])]
            if rows:
                st.markdown(f"**{markup.plain(run_panel.name_of(step))}**")
                heads = ("When", "Attempt", "What happened", "Request ID", "Correlation ID")
                markup.table(f"Log of {run_panel.name_of(step)}", heads, rows)


def _line(one: events.Event) -> list[str]:
    return [
        cell(time.strftime("%H:%M:%S", time.localtime(one.at)), title=durations.clock(one.at)),
        cell(str(one.attempt or "–"), right=True), cell(one.text), cell(one.request_id or "–", mono=True),
        cell(one.correlation_id or "–", mono=True),
    ]  # fmt: skip


def _row(plan: Plan, step: StepView) -> list[str]:
    began = time.strftime("%H:%M:%S", time.localtime(step.started_at)) if step.started_at else "–"
    return [
        cell(run_panel.name_of(step), mono=True, title=step.resource_id),
        cell(run_panel.label_of(plan, step.key)),
        cell(step.state, tone=run_panel.TONES.get(step.state, "running")),
        cell(str(step.attempt or "–"), right=True),
        cell(began, title=durations.clock(step.started_at), right=True),
        cell(durations.short(step.elapsed_s(time.time())), right=True),
        cell(step.correlation_id or "–", mono=True),
        cell(step.note or "–"),
    ]
