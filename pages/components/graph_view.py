"""A graph on a page: swapped in place without flicker, with zoom, keyboard and a text twin.

`st.graphviz_chart` lays out in the browser and blocks the page for seconds at every change (measured); here the server
draws, and the component beside this file only shows.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from services.graphs import render
from services.graphs.graph import Graph
from services.graphs.mermaid import mermaid
from services.graphs.style import dark_rules

HERE = Path(__file__).parent
HTML = (HERE / "graph_view.html").read_text(encoding="utf-8")
CSS = (HERE / "graph_view.css").read_text(encoding="utf-8") + dark_rules('[data-theme="dark"] .stage')
JS = "".join((HERE / name).read_text(encoding="utf-8") for name in ("graph_save.js", "graph_view.js"))

_component = st.components.v2.component("groundplan_graph", html=HTML, css=CSS, js=JS)


def graph_view(
    graph: Graph, *, key: str, height: int = 520, actions: Mapping[str, str] | None = None, file: str = ""
) -> str | None:
    """Show the graph; a click or Enter on a node opens its details.

    `actions` (key -> words such as "Change: Workspace") are buttons in the details: the key whose button was pressed in
    this run of the page is given back. Without `actions` it is the key of a node that was opened.
    `height` is the most it takes, in pixels; below 900 px of window it is a strip that opens. Zoom, focus and details
    stay over updates with the same `key`. `file` is the name, without its ending, of files to download.
    Draw it with the light theme: the page's own theme repaints it.
    """
    data = _data(graph, key, height) | {"actions": dict(actions) if actions is not None else None}
    files = {"name": file, "dot": render.dot(graph), "mmd": mermaid(graph)} if file else None
    result = _component(key=key, data=data | {"files": files}, on_activated_change=_heard)
    activated = result.get("activated")
    return activated if activated in {node.key for node in graph.nodes} else None


def _heard() -> None:
    """A trigger is read from the result; Streamlit wants a callback to know of it."""


def _data(graph: Graph, key: str, height: int) -> dict[str, Any]:
    return {
        "id": key, "height": height, "name": graph.name, "svg": render.svg(graph),
        "facts": {node.key: node.facts for node in graph.nodes}, "neighbours": graph.neighbours(),
        "titles": {node.key: f"{node.label}: {node.name}" for node in graph.nodes}, "columns": graph.columns,
        "rows": graph.rows,
    }  # fmt: skip
