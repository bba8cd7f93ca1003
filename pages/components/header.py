"""The line on top of every page: whose project, on which cloud, and whether the processes behind the page are up."""

import streamlit as st

from pages.components import (
    again,
    cloud_state,
    graph_places,
    markup,
    model_places,
    project_places,
    rehearsal_places,
    state,
    steps,
)
from services.processes import launch
from services.runs import projects

CLOUDS = {
    "rehearsal": (
        "Rehearsal",
        "A simulator of Azure on this machine: nothing is created in Azure and nothing costs money.",
    ),
    "azure": ("Azure", "Your Azure subscription: resources are real and cost money."),
}


def draw() -> None:
    """The name, the project picker, the cloud and the links; below it what is wrong with the processes."""
    known = {p.id: p for p in projects.every()}
    current = known.get(state.project_id() or "")
    with st.container(key="header", horizontal=True, vertical_alignment="center", gap="medium"):
        steps.link(steps.OVERVIEW, "Groundplan", None, key="brand")
        if current:
            _picker(known, current)
        cloud = _cloud(current)
        word, title = CLOUDS[cloud]
        markup.badge(word, cloud, title)
        st.space("stretch")
        if cloud == "rehearsal":
            steps.link(rehearsal_places.SCENARIOS, "Scenarios", state.project_id(), key="section_scenarios")
        if current:
            steps.link(steps.RESOURCE_GROUP, "Set up", current.id, key="section_setup")
            steps.link(model_places.FIRST, "Model", current.id, key="section_model")
            steps.link(graph_places.FIRST, "Graphs", current.id, key="section_graphs")
            steps.link(project_places.FIRST, "Project", current.id, key="section_project")
    _processes(cloud)


def _cloud(project: projects.Project | None) -> str:
    chosen = str(project.choices.get("cloud")) if project else ""
    return chosen if chosen in CLOUDS else "rehearsal"


def _picker(known: dict[str, projects.Project], current: projects.Project) -> None:
    picked = st.selectbox(
        "Project", list(known), index=list(known).index(current.id), format_func=lambda id: _title(known, id),
        key=f"picker:{current.id}", label_visibility="collapsed", width=220,
    )  # fmt: skip
    if picked != current.id:
        steps.go(steps.RESOURCE_GROUP, picked)


def _title(known: dict[str, projects.Project], id: str) -> str:
    """Two projects of one name are told apart by their IDs: a select knows its options by what it shows."""
    name = known[id].name
    doubled = [p for p in known.values() if p.name == name]
    return f"{name} ({id})" if len(doubled) > 1 else name


def _processes(cloud: str) -> None:
    """Say what could not be started, or that it is starting; Azure's worker starts with the first run."""
    error = launch.last_error(cloud)
    if error:
        st.error(
            f"**What works for {CLOUDS[cloud][0]} could not be started.** You can go on choosing; creating has to wait."
        )
        with st.expander("What happened"):
            st.code(error, language=None)
    elif cloud != "rehearsal":
        return
    elif _ready():
        cloud_state.warm()
    else:
        again.drawn("starting", _waiting, 1.0)


def _waiting() -> None:
    """Look again every second, and draw the page anew when it is up."""
    if _ready() or launch.last_error("rehearsal"):
        st.rerun()
    markup.note("The rehearsal is starting: the simulator and its worker. You can begin already.", "running")


@st.cache_data(ttl=2.0, show_spinner=False)
def _ready() -> bool:
    return all(launch.readiness("rehearsal").values())
