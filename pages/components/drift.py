"""Whether somebody has changed the project's resources elsewhere: asked when the user asks, and what to do then."""

import time
from dataclasses import dataclass

import streamlit as st

from pages.components import changes, cloud_state, drift_answers, durations, markup, state, steps
from pages.components.markup import cell
from services.plan import Plan
from services.runs import drift, journal
from services.runs.changes import Difference


@dataclass(frozen=True)
class Seen:
    """What a check has found: key -> differences, of which run's resources, when."""

    run_id: str
    at: float
    found: dict[str, tuple[Difference, ...]]


def draw(draft: state.Draft) -> None:
    """The button, what the last check found, and what can be done about it, which leads on."""
    drift_answers.forward(draft)
    applied = next((r for r in journal.history(draft.id) if r.kind == "apply"), None)
    if applied is None or not journal.made_by(draft.id):
        st.info(
            "Groundplan has created nothing for this project that still stands, so there is nothing to compare."
        )
        steps.link(steps.SUMMARY, "Review + create", draft.id)
        return
    plan = journal.plan_of(applied.id)
    if st.button("Check now", type="primary", key="check_now"):
        _check(draft.id, applied.id, plan)
    seen: Seen | None = _kept().get(draft.id)
    if seen and seen.run_id == applied.id:
        _result(draft, plan, seen)


def told(id: str) -> dict[str, list[str]]:
    """What this tab's last check found, in words by key: the Azure graph's drift layer. Empty before any check."""
    seen = _kept().get(id)
    found = seen.found if seen else {}
    return {key: [_words(one) for one in differences] for key, differences in found.items() if differences}


def _words(one: Difference) -> str:
    if one == drift.GONE:
        return "is gone"
    return f"{one.path}: {changes.shown(one.before)} was asked for, {changes.shown(one.after)} is there"


def _check(id: str, run_id: str, plan: Plan) -> None:
    with st.spinner("Reading every resource"):
        answer = cloud_state.drifted(plan, id)
    if answer.error:
        _kept().pop(id, None)
        cloud_state.trouble(answer, "drift")
    else:
        _kept()[id] = Seen(run_id, time.time(), answer.value)


def _result(draft: state.Draft, plan: Plan, seen: Seen) -> None:
    changed = {key: found for key, found in seen.found.items() if found}
    when = f"Checked {durations.ago(seen.at)}: {len(seen.found)} resources"
    if not changed:
        markup.note(f"{when}, each as the project asked for it.", "good")
        return
    markup.note(f"{when}, {len(changed)} changed by others.", "care")
    rows = [
        [
            cell(plan[key].name, mono=True, title=plan[key].id), cell(plan[key].label),
            *([cell("The whole resource"), cell("there"), cell("gone", tone="bad")] if one == drift.GONE else
              [cell(one.path, mono=True), cell(changes.shown(one.before)), cell(changes.shown(one.after))]),
        ]
        for key, found in changed.items() for one in found
    ]  # fmt: skip
    markup.table("Changed by others", ("Resource", "Type", "Property", "Asked for", "Now"), rows)
    drift_answers.draw(draft, plan, changed)


def _kept() -> dict[str, Seen]:
    return st.session_state.setdefault(state.DRIFT, {})  # type: ignore[no-any-return]
