"""The Azure graph of a project with its newest run: what stands, what comes up, what would be new."""

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from pages.components.state import Draft
from services.plan import Plan, build_plan
from services.progress import RunView
from services.runs import journal

WORDS = {"status": "Status", "duration": "Duration and critical path", "drift": "Drift", "cost": "Cost"}


def switches(id: str, layers: Iterable[str]) -> list[str]:
    """A switch for each layer; gives those that are on."""
    with st.container(key="layers", horizontal=True, vertical_alignment="center"):
        return [
            layer
            for layer in layers
            if st.toggle(WORDS[layer], value=True, key=f"layer:{id}:{layer}", persist_state="session")
        ]


def going_on(id: str) -> bool:
    """Whether a run of the project has not ended."""
    run = journal.newest(id)
    return run is not None and not run.ended


def seen(draft: Draft) -> tuple[Plan, RunView | None]:
    """While a run goes on its own plan; afterwards the draft's, with the states of what is still the same resource."""
    run = journal.newest(draft.id)
    plan = build_plan(draft.config)
    if run is None:
        return plan, None
    walked = journal.plan_of(run.id)
    if not run.ended:
        return walked, run
    same = {r.key for r in plan if r.key in walked and walked[r.key].id.lower() == r.id.lower()}
    return plan, replace(run, steps={key: step for key, step in run.steps.items() if key in same})
