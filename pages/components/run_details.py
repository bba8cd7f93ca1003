"""One run of the past, whole: who, when, every step with attempts and IDs, what failed and why; and as a file."""

import json
import time
from dataclasses import asdict
from typing import Any

import streamlit as st

from pages.components import durations, history, markup, receipt, run_panel, steps, undo
from pages.components.markup import cell
from pages.components.project_places import PAGES
from services.plan import Plan
from services.progress import RunView, StepView
from services.runs import journal, teardown


def draw(id: str, run_id: str) -> None:
    """A run of this project by its ID."""
    steps.link(PAGES["history"], "All runs", id)
    run = next((r for r in journal.history(id) if r.id == run_id), None)
    if run is None:
        st.warning("This project has no such run. The address may be mistyped.")
        return
    plan = journal.plan_of(run.id)
    st.header(f"{history.KINDS[run.kind]}: {history.outcome(run)}", anchor=False)
    _facts(run)
    if not run.ended:
        steps.link(steps.PROVISIONING, "It goes on: follow it live", id)
    run_panel.failures(run, plan)
    _steps(run, plan)
    if run.kind == "destroy" and run.ended:
        receipt.draw(run, plan)
    with st.container(horizontal=True):
        st.download_button(
            "Download as JSON", document(run), f"{run.id}.json", "application/json", key="run_json", on_click="ignore",
        )  # fmt: skip
        undo.draw(run)


def document(run: RunView) -> str:
    """A run with all that is known of it as JSON; times as RFC 3339 in UTC."""
    whole: dict[str, Any] = asdict(run)
    whole["steps"] = [_dated(step) for step in whole["steps"].values()]
    if run.kind == "destroy" and run.ended:
        whole["receipt"] = teardown.receipt(run)
    return json.dumps(_dated(whole), indent=2, ensure_ascii=False) + "\n"


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _iso(value) if key.endswith("_at") else value for key, value in row.items()}


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"


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


def _row(plan: Plan, step: StepView) -> list[str]:
    began = time.strftime("%H:%M:%S", time.localtime(step.started_at)) if step.started_at else "–"
    return [
        cell(run_panel.name_of(step), mono=True, title=step.resource_id),
        cell(run_panel.label_of(plan, step)),
        cell(step.state, tone=run_panel.TONES.get(step.state, "running")),
        cell(str(step.attempt or "–"), right=True),
        cell(began, title=durations.clock(step.started_at), right=True),
        cell(durations.short(step.elapsed_s(time.time())), right=True),
        cell(step.correlation_id or "–", mono=True),
        cell(step.note or "–"),
    ]
