"""A page with nothing but a graph, or all four below each other: the browser tests run it."""

import streamlit as st

from pages.components.graph_view import graph_view
from services.graphs import azure, gallery
from services.progress import StepState
from tests.graphs import cases

st.set_page_config(layout="wide")
case = st.query_params.get("case", "default")


def all_four() -> None:
    """Every graph of the case, as on the graph pages."""
    plan = cases.plan(cases.ALL[case])
    for which in gallery.GRAPHS:
        with st.container(key=f"show_{which}"):
            graph_view(
                gallery.draw(which, plan, now=cases.START),
                key=which,
                height=900,
                actions={},
                file=f"churn-{which}",
            )


def one() -> None:
    """The Azure graph; the button walks through a run, and what the graph tells is written down."""
    step = st.session_state.setdefault("step", 0)
    if st.button("Next"):
        step = st.session_state["step"] = step + 1
    plan = cases.plan(cases.EVERYTHING if step == 3 else cases.ALL[case])
    states: list[dict[str, StepState]] = [{}, {"key_vault": "Creating"}, {"key_vault": "Succeeded"}, {}]
    run = cases.run(plan, states[step]) if states[step] else None
    actions = {"key_vault": "Change: Workspace"} if "actions" in st.query_params else None
    graph = azure.draw(plan, run, now=cases.START + 12)
    activated = graph_view(graph, key="graph", height=500, actions=actions)
    heard: list[str] = st.session_state.setdefault("heard", [])
    heard.extend([activated] if activated else [])
    st.write(f"step {step}, heard: {' '.join(heard) or 'nothing'}.")


if "all" in st.query_params:
    all_four()
else:
    one()
