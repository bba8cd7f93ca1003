"""Graph 1 on the overview: what Groundplan makes, for the project in the URL or as an example."""

import time

import streamlit as st

from pages.components import graph_gallery, state, steps
from pages.components.graph_view import graph_view
from services.graphs import general
from services.plan import build_plan

EXAMPLE = {"name": "churn", "data_sources": ["csv", "sql"], "sql": {"mode": "new"}}


def draw(id: str | None = None) -> None:
    """The three layers and the DevOps platform; a node's details lead to its form, or only explain it in the example."""
    draft = state.read(id) if id else None
    config = draft.config if draft else state.parsed(EXAMPLE).config
    st.header("The three layers" if draft else "What it makes: an example", anchor=False)
    graph = general.draw(build_plan(config), now=time.time())
    actions = graph_gallery.forms(graph) if draft else {}
    pressed = graph_view(graph, key=f"overview:{id or 'example'}", height=560, actions=actions)
    if pressed and draft:
        steps.go(steps.of_path(graph[pressed].section), draft.id)
