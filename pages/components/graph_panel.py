"""The Azure graph beside the form: drawn anew from the draft at every change."""

import time

import streamlit as st

from pages.components import graph_run
from pages.components.graph_view import graph_view
from pages.components.state import Draft
from services.graphs import azure
from services.plan import Plan, build_plan
from services.progress import RunView
from services.runs import journal


def columns() -> tuple[st.delta_generator.DeltaGenerator, st.delta_generator.DeltaGenerator]:
    """The two halves of a step: form and graph; below 900 px the graph stands under the form."""
    with st.container(key="halves"):
        form, side = st.columns([1, 1], gap="large")
    return form, side


def of_draft(draft: Draft) -> None:
    """What the draft would create."""
    draw(build_plan(draft.config), draft.id)


def of_standing(draft: Draft) -> None:
    """What the draft would create, with the states of what stands already."""
    run = journal.newest(draft.id)
    applied = run is not None and run.ended and run.kind == "apply"
    plan, seen = graph_run.seen(draft) if applied else (build_plan(draft.config), None)
    draw(plan, draft.id, seen)


def draw(plan: Plan, id: str, run: RunView | None = None, height: int = 560) -> str | None:
    """A plan, coloured by a run where there is one; gives the key of a resource that was activated."""
    return graph_view(azure.draw(plan, run, now=time.time()), key=f"graph:{id}", height=height)
