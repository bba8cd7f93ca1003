"""A page with nothing but a graph: the browser test runs it."""

import streamlit as st

from pages.components.graph_view import graph_view
from services.graphs import azure
from services.progress import StepState
from tests.graphs import cases

st.set_page_config(layout="wide")
case = st.query_params.get("case", "default")
step = st.session_state.setdefault("step", 0)
if st.button("Next"):
    step = st.session_state["step"] = step + 1
plan = cases.plan(cases.EVERYTHING if step == 3 else cases.ALL[case])
states: list[dict[str, StepState]] = [{}, {"key_vault": "Creating"}, {"key_vault": "Succeeded"}, {}]
run = cases.run(plan, states[step]) if states[step] else None
activated = graph_view(azure.draw(plan, run, now=cases.START + 12), key="graph", height=500)
heard: list[str] = st.session_state.setdefault("heard", [])
heard.extend([activated] if activated else [])
st.write(f"step {step}, heard: {' '.join(heard) or 'nothing'}.")
