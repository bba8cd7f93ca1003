"""The receipt of a removal: what is gone since when, what stays and why, what Azure keeps for recovery until when."""

import streamlit as st

from pages.components import durations, markup, run_panel
from pages.components.markup import cell
from services.plan import Plan
from services.progress import RunView
from services.runs import teardown


def draw(run: RunView, plan: Plan) -> None:
    """Three tables; those with nothing in them are left out."""
    written = teardown.receipt(run)
    st.header("Receipt", anchor=False)
    _removed(run, plan)
    _kept(written["kept"])
    _soft_deleted(written["soft_deleted"])


def _removed(run: RunView, plan: Plan) -> None:
    rows = [
        [
            cell(run_panel.name_of(step), mono=True, title=step.resource_id), cell(run_panel.label_of(plan, step.key)),
            cell(durations.clock(step.finished_at)), cell(step.note or "–"),
        ]
        for step in run.steps.values() if step.state == "Deleted"
    ]  # fmt: skip
    if rows:
        markup.note(f"{len(rows)} removed. What is gone is billed no longer.", "good", live=False)
        markup.table("Removed", ("Removed", "Type", "Gone, and billing stopped, at", "Note"), rows)
    else:
        markup.note("Nothing was removed.", "care", live=False)


def _kept(kept: list[dict[str, str]]) -> None:
    if kept:
        rows = [[cell(k["id"].rpartition("/")[2], mono=True, title=k["id"]), cell(k["why"])] for k in kept]
        markup.table("Kept", ("Still there", "Why"), rows)


def _soft_deleted(soft: list[dict[str, str]]) -> None:
    if soft:
        rows = [[cell(s["id"].rpartition("/")[2], mono=True, title=s["id"]), cell(s["until"])] for s in soft]
        markup.table(
            "Kept for recovery",
            ("Soft-deleted: can be recovered, its name is taken", "Until"),
            rows,
        )
