"""The four graphs by name: what the command line, the pages and the tests go through."""

from collections.abc import Callable, Mapping
from typing import Any

from services.graphs import azure, conceptual, files, general
from services.graphs.graph import Graph, GraphError
from services.plan import Plan

TITLES: Mapping[str, str] = {
    "general": "General",
    "azure": "Azure",
    "conceptual": "Conceptual",
    "files": "Files",
}
GRAPHS: Mapping[str, Callable[..., Graph]] = {
    "general": general.draw, "azure": azure.draw, "conceptual": conceptual.draw, "files": files.draw,
}  # fmt: skip


def draw(which: str, plan: Plan, **more: Any) -> Graph:
    """Draw one of the four; `more` goes to its own `draw`: theme, now, run, layers, model."""
    if which not in GRAPHS:
        raise GraphError(f"There is no graph {which!r}. Choose one of {', '.join(GRAPHS)}.")
    return GRAPHS[which](plan, **more)
