"""The graph pages: each belongs to a project, follows it, and starts another from it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components import graph_gallery, graph_run
from pages.components.state import Draft, parsed
from services.graphs import gallery
from services.plan import build_plan
from services.progress import StepState
from services.runs import journal, projects
from tests.graphs import cases

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(home: Path) -> str:
    """A stored project with a name of its own for the workspace, a new database and an existing registry."""
    registry = {"mode": "existing", "name": "crshared"}
    sql = {"mode": "new", "database": "sales"}
    choices = {"name": "churn", "workspace": {"name": "mlw-mine"}, "container_registry": registry, "sql": sql}
    return projects.create({**choices, "data_sources": ["csv", "sql"]}, "another tab").id


@pytest.fixture
def open_page(home: Path) -> Callable[..., AppTest]:
    """Open a graph page in a new tab."""
    st.cache_data.clear()

    def opened(which: str, project: str | None) -> AppTest:
        page = AppTest.from_file(str(REPOSITORY / "pages" / "frame.py"), default_timeout=30)
        if project:
            page.query_params["project"] = project
        page.switch_page(f"graphs/{which}.py").run()
        assert not page.exception, [e.value for e in page.exception]
        assert not page.error, [e.value for e in page.error]
        return page

    return opened


@pytest.mark.parametrize("which", gallery.GRAPHS)
def test_a_page_shows_its_graph_and_the_way_to_the_others(open_page, project, which):
    page = open_page(which, project)
    assert page.title[0].value == f"{gallery.TITLES[which]} graph"
    links = [e.proto.label for e in page._tree if e.type == "page_link"]
    assert set(links) >= set(gallery.TITLES.values())


@pytest.mark.parametrize("which", gallery.GRAPHS)
def test_without_a_project_a_page_leads_to_the_overview(open_page, which):
    page = open_page(which, None)
    assert "Graphs belong to a project" in page.info[0].value


def test_another_project_starts_from_this_one_without_its_names(open_page, project):
    open_page("general", project).button(key="another").click().run()
    copy = next(p for p in projects.every() if p.id != project)
    assert copy.choices["name"] == "churn (copy)"
    assert copy.choices["container_registry"] == {"mode": "existing", "name": "crshared"}
    assert copy.choices["sql"] == {"mode": "new", "database": "sales"}
    assert "name" not in copy.choices["workspace"]


def test_layers_are_on_until_they_are_switched_off(open_page, project):
    page = open_page("azure", project)
    assert [(t.label, t.value) for t in page.toggle] == [
        ("Status", True),
        ("Duration and critical path", True),
    ]
    page.toggle[0].set_value(False).run()
    assert not page.exception


def test_the_files_page_shows_the_tree_and_a_file(open_page, project):
    page = open_page("files", project)
    assert "├── api/" in page.code[0].value
    page.selectbox(key="picked_file").set_value("learning/train.py").run()
    assert "def " in page.code[1].value


def test_every_node_leads_to_a_form_or_to_a_file():
    plan = cases.plan(cases.EVERYTHING)
    for which in ("general", "azure", "conceptual"):
        graph = gallery.draw(which, plan)
        assert set(graph_gallery.forms(graph)) == {node.key for node in graph.nodes}
    words = graph_gallery.forms(gallery.draw("azure", plan))
    assert (words["key_vault"], words["sql_database"]) == ("Change: Workspace", "Change: Project options")


def begin(project: str, states: dict[str, StepState]) -> None:
    """Write a run of the project as the worker would."""
    config = draft(project).config
    steps = [
        {"key": r.key, "expected_s": r.expected_s, "depends_on": list(r.depends_on)}
        for r in build_plan(config)
    ]
    journal.open_run(journal.NewRun("run1", project, "apply", config, steps))
    for key, state in states.items():
        journal.set_step("run1", key, state=state)


def test_while_a_run_goes_on_its_own_plan_is_shown(project):
    begin(project, {"key_vault": "Creating"})
    projects.replace(project, {**projects.get(project).choices, "workspace": {"name": "mlw-other"}})
    plan, run = graph_run.seen(draft(project))
    assert graph_run.going_on(project)
    assert plan["workspace"].name == "mlw-mine"
    assert run.steps["key_vault"].state == "Creating"


def test_afterwards_the_draft_is_shown_with_the_states_of_what_is_still_the_same(project):
    begin(project, {r.key: "Succeeded" for r in build_plan(draft(project).config)})
    journal.set_run("run1", state="Succeeded")
    projects.replace(project, {**projects.get(project).choices, "workspace": {"name": "mlw-other"}})
    plan, run = graph_run.seen(draft(project))
    assert not graph_run.going_on(project)
    assert plan["workspace"].name == "mlw-other"
    assert "workspace" not in run.steps
    assert run.steps["key_vault"].state == "Succeeded"


def test_without_a_run_everything_is_planned(project):
    plan, run = graph_run.seen(draft(project))
    assert run is None
    assert plan["workspace"].name == "mlw-mine"


def draft(project: str) -> Draft:
    """The project as a page reads it."""
    stored = projects.get(project)
    return Draft(stored, parsed(stored.choices))
