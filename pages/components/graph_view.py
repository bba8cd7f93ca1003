"""A graph on a page: swapped in place without flicker, with zoom, keyboard and a text twin.

`st.graphviz_chart` lays out in the browser and blocks the page for seconds at every change (measured); here the server
draws, and the component beside this file only shows.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from services.graphs import render
from services.graphs.graph import Graph
from services.graphs.style import dark_rules

HERE = Path(__file__).parent
HTML = (HERE / "graph_view.html").read_text(encoding="utf-8")
CSS = (HERE / "graph_view.css").read_text(encoding="utf-8") + dark_rules('[data-theme="dark"] .stage')
JS = (HERE / "graph_view.js").read_text(encoding="utf-8")

_component = st.components.v2.component("groundplan_graph", html=HTML, css=CSS, js=JS)


def graph_view(graph: Graph, *, key: str, height: int = 520) -> str | None:
    """Show the graph; give the key of a node that was activated (click, Enter) in this run of the page, else None.

    `height` is the most it takes, in pixels; below 900 px of window it is a strip that opens. Zoom and focus stay over
    updates with the same `key`. Draw it with the light theme: the page's own theme repaints it.
    """
    result = _component(key=key, data=_data(graph, key, height), on_activated_change=_heard)
    activated = result.get("activated")
    return activated if activated in {node.key for node in graph.nodes} else None


def _heard() -> None:
    """A trigger is read from the result; Streamlit wants a callback to know of it."""


def _data(graph: Graph, key: str, height: int) -> dict[str, Any]:
    return {
        "id": key, "height": height, "name": graph.name, "svg": render.svg(graph),
        "facts": {node.key: node.facts for node in graph.nodes}, "neighbours": graph.neighbours(),
        "columns": graph.columns, "rows": graph.rows,
    }  # fmt: skip
