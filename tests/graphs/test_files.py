"""Files shows the repository that the scaffold writes: the same description, so nothing can differ."""

import pytest

from services.graphs import files
from services.scaffold import describe
from tests.graphs import cases
from tests.graphs.drawn import outline, parts, words


@pytest.mark.parametrize("case", cases.ALL)
def test_every_file_and_place_is_one_box_and_every_call_one_arrow(case):
    plan = cases.plan(cases.ALL[case])
    tree, graph = describe(plan.config), files.draw(plan)
    wanted = {file.path for file in tree} | {place.key for place in tree.places}
    assert {node.key for node in graph.nodes} == wanted
    assert set(parts(graph, "node")) == {f"node-{key}" for key in wanted}
    assert {(e.source, e.target) for e in graph.edges} == {
        (source, target) for source, _, target in tree.edges
    }
    assert set(parts(graph, "edge")) == {edge.id for edge in graph.edges}


def test_a_box_says_where_the_file_runs_and_what_it_is_for():
    plan = cases.plan(cases.DEFAULT)
    graph = files.draw(plan)
    said = words(parts(graph, "node")["node-api/score.py"])
    assert said[:2] == ["Runs in the cloud", "score.py"]
    purpose = describe(plan.config)["api/score.py"].purpose
    assert purpose.startswith(f"{said[2]} ")
    assert dict(graph["api/score.py"].facts)["Purpose"] == purpose


def test_calls_are_told_from_both_ends():
    graph = files.draw(cases.plan(cases.DEFAULT))
    assert "imports data/load.py" in dict(graph["learning/train.py"].facts)["Calls"]
    assert "learning/train.py imports it" in dict(graph["data/load.py"].facts)["Called by"]


def test_two_verbs_between_two_files_are_one_arrow():
    tree = describe(cases.plan(cases.DEFAULT).config)
    pairs = [(source, target) for source, _, target in tree.edges]
    graph = files.draw(cases.plan(cases.DEFAULT))
    assert len(graph.edges) == len(set(pairs))


def test_what_only_a_run_makes_is_dashed():
    tree, graph = describe(cases.plan(cases.DEFAULT).config), files.draw(cases.plan(cases.DEFAULT))
    dashed = {key for key, box in parts(graph, "node").items() if outline(box).get("stroke-dasharray")}
    assert dashed == {f"node-{file.path}" for file in tree if not file.shipped}
    assert dashed


def test_the_tree_as_text_names_every_file_once_below_its_folder():
    tree = describe(cases.plan(cases.EVERYTHING).config)
    lines = files.tree_text(tree).splitlines()
    assert lines[0] == f"{tree.name}/"
    assert len(lines) == 1 + len(tree.files) + len(tree.folders)
    found, folders = [], []
    for line in lines[1:]:
        name, _, purpose = line[line.index("── ") + 3 :].partition("  ")
        del folders[line.index("── ") // 4 :]
        if name.endswith("/"):
            folders.append(name)
        else:
            found.append(("".join([*folders, name]), purpose.strip()))
    assert sorted(found) == sorted((file.path, file.purpose) for file in tree)
