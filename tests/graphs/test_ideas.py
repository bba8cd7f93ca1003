"""General and Conceptual show what the configuration chose, and how far the model is."""

import itertools
from xml.etree import ElementTree

import pytest

from services.graphs import conceptual, gallery, general, render
from services.graphs.conceptual import ModelState
from services.graphs.graph import Graph, GraphError
from tests.graphs import cases
from tests.graphs.drawn import outline, parts, words

FIXED = {
    "data_delivery", "model_development", "model_delivery", "api_implementation", "deployment_script", "requests",
    "online_endpoint", "online_deployment", "model_output",
}  # fmt: skip
STAGES = {"learning", "model", "handler", "test", "production", "input", "output", "requests", "answer"}
HALF = ModelState(frozenset({"learning", "model", "handler", "test"}), file="churn.pkl")


def sources(text: str) -> set[str]:
    """Keys of the sources that a configuration chose, or has a database for."""
    plan = cases.plan(text)
    return {f"source_{s}" for s in plan.config.core.data_sources} | (
        {"source_sql"} if "sql_database" in plan else set()
    )


@pytest.mark.parametrize("case", cases.ALL)
def test_general_has_the_chosen_sources_the_fixed_parts_and_the_platforms(case):
    graph = general.draw(cases.plan(cases.ALL[case]))
    platforms = {"everything": {"devops_github", "devops_azure-devops"}, "existing": set()}.get(
        case, {"devops_github"}
    )
    assert {node.key for node in graph.nodes} == FIXED | sources(cases.ALL[case]) | platforms
    drawn = [key for kind in ("node", "cluster") for key in parts(graph, kind) if key.startswith("node-")]
    assert sorted(drawn) == sorted(f"node-{node.key}" for node in graph.nodes)


@pytest.mark.parametrize("case", cases.ALL)
def test_general_leads_from_the_chosen_sources_to_the_output(case):
    plan = cases.plan(cases.ALL[case])
    graph = general.draw(plan)
    scripts = {
        ("data_delivery", "model_development"), ("model_development", "model_delivery"),
        ("model_delivery", "api_implementation"), ("model_delivery", "deployment_script"),
        ("api_implementation", "deployment_script"), ("deployment_script", "online_deployment"),
    }  # fmt: skip
    service = {
        ("requests", "online_endpoint"),
        ("online_endpoint", "online_deployment"),
        ("online_deployment", "model_output"),
    }
    read = {(f"source_{kind}", "data_delivery") for kind in plan.config.core.data_sources}
    assert {(edge.source, edge.target) for edge in graph.edges} == scripts | service | read
    assert set(parts(graph, "edge")) - {""} == {edge.id for edge in graph.edges}


def test_a_database_that_is_no_source_is_there_without_an_arrow():
    graph = general.draw(cases.plan("name: churn\nsql: {mode: new}"))
    assert "source_sql" in graph
    assert not [edge for edge in graph.edges if edge.source == "source_sql"]
    assert dict(graph["source_sql"].facts)["Details"].endswith("not read: no data source")


def test_a_source_without_a_database_of_ours_says_so():
    graph = general.draw(cases.plan("name: churn\ndata_sources: [sql]"))
    assert graph["source_sql"].name == "of your own"


def test_a_project_without_sources_or_platform_is_drawn():
    graph = general.draw(cases.plan("name: churn\ndata_sources: []\ndevops: {platform: none}"))
    assert {node.key for node in graph.nodes} == FIXED
    assert "Not chosen: CSV file, XLSX file, JSON file, SQL database, DevOps platform" in graph.source


def test_the_layers_are_of_one_width_and_the_band_lies_round_them():
    boxes = parts(general.draw(cases.plan(cases.DEFAULT)), "cluster")
    assert set(boxes) >= {"node-devops_github", "data", "learning", "production"}
    box = {key: _box(part) for key, part in boxes.items()}
    widths = {round(box[key][2] - box[key][0]) for key in ("data", "learning", "production")}
    assert len(widths) == 1
    band = box["node-devops_github"]
    assert all(band[0] < b[0] and b[2] < band[2] for key, b in box.items() if key != "node-devops_github")


def _box(part: ElementTree.Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a frame, from the numbers of its path."""
    numbers = [
        float(n)
        for n in (outline(part).get("d") or "").replace("M", " ").replace("C", " ").replace(",", " ").split()
    ]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


@pytest.mark.parametrize(("language", "said"), [("python", "in Python with scikit-learn"), ("r", "in R")])
def test_the_language_is_said(language, said):
    graph = general.draw(cases.plan(f"name: churn\nlearning: {{language: {language}}}"))
    assert said in words(parts(graph, "node")["node-model_development"])


@pytest.mark.parametrize("case", cases.ALL)
def test_conceptual_has_the_sources_and_every_stage(case):
    graph = conceptual.draw(cases.plan(cases.ALL[case]))
    assert {node.key for node in graph.nodes} == STAGES | sources(cases.ALL[case])
    assert set(parts(graph, "edge")) - {""} == {edge.id for edge in graph.edges}
    chain = ["learning", "model", "handler", "test", "production"]
    ends = {("input", "test"), ("test", "output"), ("requests", "production"), ("production", "answer")}
    read = {(f"source_{kind}", "learning") for kind in cases.plan(cases.ALL[case]).config.core.data_sources}
    assert {(edge.source, edge.target) for edge in graph.edges} == {*itertools.pairwise(chain)} | ends | read
    assert set(parts(graph, "node")) == {f"node-{node.key}" for node in graph.nodes}


def test_without_a_model_nothing_is_lit_and_production_is_locked():
    graph = conceptual.draw(cases.plan(cases.DEFAULT))
    assert lock(graph) == ("closed", "Locked", "lock-closed")
    assert graph["production"].status == "Locked"
    assert {graph[stage].status for stage in ("learning", "model", "handler", "test")} == {"Not yet"}
    assert graph.name.endswith("nothing done yet, production is locked")


def test_what_the_model_has_reached_is_lit_and_the_passed_test_opens_the_lock():
    plan = cases.plan(cases.DEFAULT)
    graph, dark = conceptual.draw(plan, HALF), conceptual.draw(plan)
    assert lock(graph) == ("open", "Open", "lock-open")
    assert graph["model"].name == "churn.pkl"
    assert [graph[stage].status for stage in ("model", "test", "production")] == [
        "Ready",
        "Passed",
        "Not yet",
    ]
    lit, unlit = (outline(parts(g, "node")["node-model"]) for g in (graph, dark))
    assert lit.get("fill") != unlit.get("fill")
    assert lit.get("stroke-dasharray") is None
    assert unlit.get("stroke-dasharray")


def test_a_failed_test_says_why_and_keeps_the_lock_closed():
    failed = ModelState(HALF.reached, failed={"test": "Predictions differ."})
    graph = conceptual.draw(cases.plan(cases.DEFAULT), failed)
    assert dict(graph["test"].facts)["Status"] == "Failed: Predictions differ."
    assert lock(graph)[0] == "closed"


def lock(graph: Graph) -> tuple[str, str, str]:
    """The lock on the arrow into the cloud: what it is, its word, its sign."""
    edge = next(edge for edge in graph.edges if (edge.source, edge.target) == ("test", "production"))
    word = words(parts(graph, "edge")[edge.id])[-1]
    sign = "lock-open" if "lock-open.png" in graph.source else "lock-closed"
    return edge.lock, word, sign


def test_states_of_the_model_move_nothing():
    plan = cases.plan(cases.DEFAULT)
    boxes = [
        {
            key: outline(part).get("points")
            for key, part in parts(conceptual.draw(plan, state), "node").items()
        }
        for state in (ModelState(), HALF, ModelState(failed={"test": "because " * 30}))
    ]
    assert boxes[0] == boxes[1] == boxes[2]


@pytest.mark.parametrize("which", gallery.GRAPHS)
@pytest.mark.parametrize("case", cases.ALL)
def test_every_graph_has_a_twin_a_name_and_a_corner(which, case):
    plan = cases.plan(cases.ALL[case])
    graph = gallery.draw(which, plan, now=cases.START)
    assert graph.name.startswith(f"{gallery.TITLES[which]} graph of churn: ")
    assert len(graph.table) == len(graph.nodes)
    assert plan.config.digest in graph.corner
    assert graph.corner.endswith("2025-06-15")
    assert graph.corner in "".join(ElementTree.fromstring(render.svg(graph)).itertext())
    assert gallery.draw(which, cases.plan(cases.ALL[case]), now=cases.START) == graph


@pytest.mark.parametrize("which", gallery.GRAPHS)
def test_every_arrow_says_in_words_what_it_means(which):
    graph = gallery.draw(which, cases.plan(cases.EVERYTHING))
    for edge in graph.edges:
        said = parts(graph, "edge")[edge.id].findtext("{http://www.w3.org/2000/svg}title") or ""
        assert f" {edge.verb} " in said
        assert graph[edge.target].name in said


def test_an_unknown_graph_is_refused_with_those_that_exist():
    with pytest.raises(GraphError, match="general, azure, conceptual, files"):
        gallery.draw("nothing", cases.plan(cases.DEFAULT))
