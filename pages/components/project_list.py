"""The overview's three ways in: a new project, a file, a project that is there."""

from typing import Any

import streamlit as st

from pages.components import binding, durations, header, markup, project_places, state, steps
from pages.components.steps import Step
from services import parsing, project_file
from services.config import ConfigError
from services.progress import RunView
from services.runs import journal, projects
from services.runs.projects import Project

NAME = "new_project_name"


def new() -> None:
    """Begin a draft with the first key stroke of its name."""
    id = _begun()
    shown = str(state.read(id).shown("name")) if id else ""
    st.text_input(
        "Project name", key=binding.bind(NAME, shown, state.begin), placeholder="churn", live="300ms", max_chars=64,
        autocomplete="off", help="Everything else is derived from it and can be changed.",
    )  # fmt: skip
    if id:
        st.query_params["project"] = id
    if st.button("Start", type="primary", key="start"):
        if id and shown.strip():
            st.session_state.pop(state.NEW_PROJECT, None)
            steps.go(steps.RESOURCE_GROUP, id)
        markup.note("Give the project a name first, such as churn.", "bad")


def _begun() -> str | None:
    """The draft that this field has begun, in this tab or, by the URL, in one that is gone."""
    begun: dict[str, str] = st.session_state.setdefault(state.NEW_PROJECT, {})
    named = state.project_id()
    if "id" not in begun and named and any(p.id == named for p in projects.every()):
        begun["id"] = named
    return begun.get("id")


def load() -> None:
    """Take a `project.yaml`, or say by path what is wrong with it."""
    file = st.file_uploader("project.yaml", type=["yaml", "yml"], key="load", max_upload_size=1)
    if file is None:
        return
    read = _read(file.getvalue())
    if isinstance(read, ConfigError):
        st.error(f"**{markup.plain(file.name)} can't be used.** Nothing was changed.")
        markup.items((str(problem) for problem in read.problems), "bad")
    elif st.button(f"Open {markup.plain(read['name'])} as a project", type="primary", key="open_file"):
        id = state.create(read)
        if id:
            steps.go(steps.RESOURCE_GROUP, id)
        st.rerun()


def draw() -> None:
    """The projects, the one changed last first."""
    known = projects.every()
    if not known:
        return
    st.header("Projects", anchor=False)
    for project in known:
        _row(project)


def _read(content: bytes) -> dict[str, Any] | ConfigError:
    try:
        return parsing.minimal(project_file.read(content).strict())
    except ConfigError as error:
        return error


def _place(run: RunView | None) -> Step | str:
    """Where a project goes on."""
    if run is None:
        return steps.RESOURCE_GROUP
    if run.kind == "destroy":
        return project_places.PAGES["tear_down"]
    return steps.COMPLETE if run.state == "Succeeded" else steps.PROVISIONING


def _state(run: RunView | None) -> str:
    if run is None:
        return "Draft"
    removed = run.kind == "destroy"
    return "Removed" if removed and run.state == "Succeeded" else f"{'Removing: ' * removed}{run.state}"


def _row(project: Project) -> None:
    run = journal.newest(project.id)
    cloud = header.CLOUDS.get(str(project.choices.get("cloud", "rehearsal")), header.CLOUDS["rehearsal"])[0]
    with st.container(key=f"project_{project.id}", horizontal=True, vertical_alignment="center", border=True):
        steps.link(_place(run), markup.plain(project.name) or "(no name)", project.id)
        markup.note(
            f"{_state(run)} · {cloud} · changed {durations.ago(project.updated_at)}",
            live=False,
        )
