"""What the four graph pages share: how they begin, how a graph is shown, and how another project starts from this one."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.components import again, binding, conflict, markup, page, state, steps
from pages.components.graph_places import PAGES
from pages.components.graph_view import graph_view
from pages.components.state import Draft
from services import naming, project_file
from services.graphs import gallery
from services.graphs.graph import Graph
from services.graphs.style import ThemeName
from services.plan import build_plan

THEME: ThemeName = "light"  # the page repaints it
WATCH_S = 1.0


def begin(which: str, sentence: str) -> Draft:
    """Read the project that the URL names, draw what stands above the graph; without a project the page ends here."""
    id = state.project_id()
    if id is None:
        st.info("Graphs belong to a project. Open one, or begin a new one.")
        steps.link(steps.OVERVIEW, "To the overview", None)
        st.stop()
    binding.enter(f"{PAGES[which]} {id}")
    draft = state.read(id)
    _links(which, id)
    st.title(f"{gallery.TITLES[which]} graph", anchor=False)
    markup.lead(sentence)
    conflict.draw(draft)
    page.watch(id, WATCH_S)
    return draft


def show(
    which: str, graph: Graph, draft: Draft, *, actions: Mapping[str, str] | None = None, height: int = 680
) -> str | None:
    """Show a graph large with its downloads. The button in a node's details leads to its form.

    With `actions` (key -> words) the pressed key is given back instead.
    """
    name = f"{naming.slug(draft.config.name) or 'project'}-{which}"
    pressed = graph_view(
        graph, key=f"{which}:{draft.id}", height=height, actions=actions or forms(graph), file=name
    )
    if pressed and actions is None:
        steps.go(steps.of_path(graph[pressed].section), draft.id)
    return pressed


def forms(graph: Graph) -> dict[str, str]:
    """Key of a node -> the words of the button that leads to its form."""
    return {n.key: f"Change: {steps.of_path(n.section).title}" for n in graph.nodes if n.section}


def draw(which: str, draft: Draft, **more: Any) -> Graph:
    """One of the four graphs of a draft, dated today."""
    return gallery.draw(which, build_plan(draft.config), theme=THEME, now=time.time(), **more)


def another(draft: Draft) -> None:
    """The file to start other projects from, and the start of one."""
    st.header("Use it for another project", anchor=False)
    markup.lead("All graphs are drawn from project.yaml. Another project can start from this one's file.")
    with st.container(horizontal=True):
        st.button("Start another project from this one", key="another", on_click=_start, args=(draft,))
        st.download_button(
            "Download project.yaml", lambda: project_file.write(draft.config), "project.yaml", "application/yaml",
            key="another_file", on_click="ignore",
        )  # fmt: skip
    started = st.session_state.pop(STARTED, None)
    if started:
        steps.go(steps.RESOURCE_GROUP, started)


STARTED = "started_from"  # the project that was just started from another


def _start(draft: Draft) -> None:
    """Store a copy under another name; names of new resources follow from it, existing resources stay chosen."""
    copied = {key: _without_name(value) for key, value in draft.project.choices.items()}
    name = str(copied.get("name") or draft.config.name)
    st.session_state[STARTED] = state.create({**copied, "name": f"{name[:57]} (copy)"})


def _without_name(section: Any) -> Any:
    if not isinstance(section, dict) or section.get("mode") == "existing":
        return section
    return {key: value for key, value in section.items() if key not in ("name", "server", "endpoint")}


def _links(here: str, id: str) -> None:
    """The four graphs, this one marked as the steps mark theirs."""
    with st.container(key="stepper", horizontal=True, gap="small"):
        for which, file in PAGES.items():
            place = "current" if which == here else "todo"
            steps.link(file, gallery.TITLES[which], id, key=f"step_{which}_{place}_todo")


def live(going_on: bool, panel: Callable[[], None]) -> None:
    """Draw something now, and every second while a run goes on."""
    again.drawn("gallery", panel, 1.0 if going_on else None)
