"""The Azure graph shows the plan: nothing more, nothing less, each state by sign, word and line."""

import re
from xml.etree import ElementTree

import pytest

from services import project_file
from services.config import Problem
from services.graphs import azure, render
from services.graphs.graph import Graph
from services.graphs.style import LIGHT, STATES
from services.plan import build_release
from services.progress import RunView, StepError, StepView
from services.release import Release
from tests.graphs import cases
from tests.graphs.drawn import SVG, outline, parts, words

RELEASE = Release(
    model="churn-churn", file_name="churn.joblib", sha256="ab" * 32, size=1000, source="/nowhere",
    files={"score.py": "", "conda.yaml": ""}, entry="score.py", key="0" * 64, endpoint="churn-api", deployment="blue",
    instance_type="Standard_DS2_v2",
)  # fmt: skip


@pytest.mark.parametrize("case", cases.ALL)
def test_every_resource_of_the_plan_is_one_node_and_nothing_else(case):
    plan = cases.plan(cases.ALL[case])
    graph = azure.draw(plan)
    assert [node.key for node in graph.nodes] == [r.key for r in plan]
    drawn = [key for kind in ("node", "cluster") for key in parts(graph, kind) if key.startswith("node-")]
    assert sorted(drawn) == sorted(f"node-{r.key}" for r in plan)


@pytest.mark.parametrize("case", cases.ALL)
def test_arrows_are_the_plan_s_dependencies_but_for_those_that_the_frame_says(case):
    plan = cases.plan(cases.ALL[case])
    graph = azure.draw(plan)
    wanted = {(need, r.key) for r in plan for need in r.depends_on if need != "resource_group"}
    assert {(e.source, e.target) for e in graph.edges} == wanted
    assert {(g.get("data-source"), g.get("data-target")) for g in parts(graph, "edge").values()} == wanted


def test_an_arrow_leads_down_from_what_is_needed_to_what_needs_it():
    graph = azure.draw(cases.plan(cases.EVERYTHING))
    line = parts(graph, "edge")["edge-key_vault-workspace"].find(f"{SVG}path").get("d")
    heights = [float(y) for y in re.findall(r",(-?[\d.]+)", line)]
    assert heights[0] < heights[-1]


def test_a_box_says_type_name_region_and_sku():
    box = parts(azure.draw(cases.plan(cases.DEFAULT)), "node")["node-storage_account"]
    name = cases.plan(cases.DEFAULT)["storage_account"].name
    assert words(box)[:3] == ["Storage account", name, "westeurope · Standard_LRS"]


def test_optional_boxes_have_a_folded_corner_and_obligatory_ones_none():
    boxes = parts(azure.draw(cases.plan(cases.EVERYTHING)), "node")
    folded = {key for key, box in boxes.items() if box.findall(f"{SVG}polyline")}
    assert folded == {"node-container_registry", "node-sql_server", "node-sql_database"}


def test_existing_boxes_and_frames_have_a_double_line():
    graph = azure.draw(cases.plan(cases.EXISTING))
    boxes = parts(graph, "node")
    assert {len(box.findall(f"{SVG}polygon")) for box in boxes.values()} == {2}
    assert {
        len(box.findall(f"{SVG}polygon"))
        for box in parts(azure.draw(cases.plan(cases.DEFAULT)), "node").values()
    } == {1}
    assert len([key for key in parts(graph, "cluster") if key.endswith("-line")]) == 2


def test_a_resource_of_another_subscription_stands_in_a_frame_of_its_own():
    graph = azure.draw(cases.plan(cases.EXISTING))
    groups = {group.id: group for group in graph.groups}
    home = groups[graph["storage_account"].group]
    assert (home.name, groups[home.parent].name) == ("rg-data", "11111111-0000-4000-8000-000000000000")
    assert groups[graph["key_vault"].group].key == "resource_group"


def test_a_resource_group_that_holds_nothing_is_drawn_all_the_same():
    text = cases.EXISTING
    for section, kind in (
        ("workspace", "Microsoft.MachineLearningServices/workspaces"),
        ("key_vault", "Microsoft.KeyVault/vaults"),
        ("application_insights", "Microsoft.Insights/components"),
        ("container_registry", "Microsoft.ContainerRegistry/registries"),
    ):
        text = re.sub(
            rf"{section}: .*",
            f"{section}: {{mode: existing, id: {cases.OTHER}/rg-data/providers/{kind}/x}}",
            text,
        )
    text = re.sub("sql: .*", "", text)
    assert "node-resource_group" in parts(azure.draw(cases.plan(text)), "cluster")


def test_ids_differ_in_case_only_and_still_lie_in_one_group():
    text = cases.EXISTING.replace("key_vault: {mode: existing, name: kv-shared}", (
        f"key_vault: {{mode: existing, id: {cases.OTHER.upper()}/RG-DATA/providers/Microsoft.KeyVault/vaults/kv}}"
    ))  # fmt: skip
    graph = azure.draw(cases.plan(text))
    assert graph["key_vault"].group == graph["storage_account"].group


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_word_its_line_and_its_sign(state):
    plan = cases.plan(cases.DEFAULT)
    graph = azure.draw(plan, cases.run(plan, {"key_vault": state}), now=cases.START + 5)
    box, style = parts(graph, "node")["node-key_vault"], STATES[state]
    assert any(word.startswith(state) for word in words(box))
    line = outline(box)
    assert float(line.get("stroke-width", "1")) == pytest.approx(style.width)
    dashes = {"solid": None, "dashed": "5,2", "dotted": "1,5"}[style.line]
    assert line.get("stroke-dasharray") == dashes
    stroke = LIGHT.tones[style.tone] if style.own_line else LIGHT.layers["security"].stroke
    assert line.get("stroke") == stroke
    struck = [t for t in box.findall(f"{SVG}text") if t.get("text-decoration") == "line-through"]
    assert bool(struck) == style.strike
    assert len([g for g in box.iter(f"{SVG}g") if g.get("class") == "icon"]) == 2  # its own icon and the sign


def test_no_two_states_look_alike_without_colour():
    looks = {(s.sign, s.line, s.width, s.strike) for state, s in STATES.items() if state != "Updating"}
    assert len(looks) == len(STATES) - 1  # Updating is Creating's twin and says its own word


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("Creating", "Creating 12 s of 20 s"),
        ("Succeeded", "Succeeded in 5 s"),
        ("Failed", "Failed: The name is taken by…"),
        ("Waiting", "Waiting"),
    ],
)
def test_times_and_reasons_stand_in_the_box(state, said):
    plan = cases.plan(cases.DEFAULT)
    run = cases.run(plan, {"workspace": state}, "The name is taken by somebody else in the wide world")
    box = parts(azure.draw(plan, run, now=cases.START + 12), "node")["node-workspace"]
    assert words(box)[-1] == said


def test_time_beyond_the_expected_is_shown_without_a_promise():
    plan = cases.plan(cases.DEFAULT)
    graph = azure.draw(plan, cases.run(plan, {"workspace": "Creating"}), now=cases.START + 200)
    assert words(parts(graph, "node")["node-workspace"])[-1] == "Creating 3 min 20 s"


def test_a_whole_reason_and_what_to_do_stand_in_the_facts():
    plan = cases.plan(cases.DEFAULT)
    reason = "The name is taken by somebody else in the wide world"
    facts = dict(azure.draw(plan, cases.run(plan, {"workspace": "Failed"}, reason))["workspace"].facts)
    assert facts["Status"] == f"Failed: {reason}"


def test_states_and_layers_move_nothing():
    plan = cases.plan(cases.EVERYTHING)
    long = cases.run(
        plan, {"workspace": "Failed", "key_vault": "Creating", "sql_server": "Succeeded"}, "because " * 40
    )
    drawn = [
        azure.draw(plan),
        azure.draw(plan, long, now=cases.START + 5000),
        azure.draw(plan, long, layers={"status"}),
        azure.draw(plan, problems=[Problem("storage_account.name", "length", "Too short. " * 20)]),
    ]
    places = [
        {key: outline(box).get("points") for key, box in parts(graph, "node").items()} for graph in drawn
    ]
    boxes = [ElementTree.fromstring(render.svg(graph)).get("viewBox") for graph in drawn]
    assert len(set(boxes)) == 1
    assert None not in places[0].values()
    assert all(place == places[0] for place in places)


def test_the_critical_path_is_drawn_thick_in_the_duration_layer_only():
    plan = cases.plan(cases.EVERYTHING)

    def heavy(graph: Graph) -> set[str]:
        return {
            key for key, edge in parts(graph, "edge").items() if outline(edge).get("stroke-width") == "2.4"
        }

    assert heavy(azure.draw(plan)) == {"edge-key_vault-sql_server", "edge-sql_server-sql_database"}
    assert not heavy(azure.draw(plan, layers={"status"}))


def test_without_layers_neither_states_nor_times_are_shown():
    plan = cases.plan(cases.DEFAULT)
    run = cases.run(plan, {"key_vault": "Creating"})
    box = parts(azure.draw(plan, run, now=cases.START, layers=()), "node")["node-key_vault"]
    assert len([word for word in words(box) if word.strip()]) == 3


def test_a_problem_marks_the_resource_that_it_is_about():
    plan = cases.plan(cases.EVERYTHING)
    problems = [
        Problem("sql.database", "characters", "None of < >."),
        Problem("key_vault.name", "length", "Too long."),
    ]
    graph = azure.draw(plan, problems=problems)
    marked = {
        node.key: dict(node.facts)["Status"] for node in graph.nodes if "Check" in dict(node.facts)["Status"]
    }
    assert marked == {"sql_database": "Check: None of < >.", "key_vault": "Check: Too long."}
    assert outline(parts(graph, "node")["node-key_vault"]).get("stroke") == LIGHT.tones["bad"]


def test_what_was_not_chosen_is_said_below():
    said = " ".join(ElementTree.fromstring(render.svg(azure.draw(cases.plan(cases.DEFAULT)))).itertext())
    assert "Not chosen: Container registry, SQL" in said
    assert "Not chosen" not in azure.draw(cases.plan(cases.EVERYTHING)).source


def test_the_corner_names_the_configuration_and_the_day():
    plan = cases.plan(cases.DEFAULT)
    graph = azure.draw(plan, now=cases.START)
    assert graph.corner == f"churn · Rehearsal · configuration {plan.config.digest} · 2025-06-15"
    assert graph.corner in "".join(ElementTree.fromstring(render.svg(graph)).itertext())


def test_the_text_twin_has_a_row_for_each_resource_and_says_what_needs_what():
    plan = cases.plan(cases.DEFAULT)
    table = azure.draw(plan, cases.run(plan, {"key_vault": "Succeeded"})).table
    assert [row["Name"] for row in table] == [r.name for r in plan]
    rows = {row["Resource"]: row for row in table}
    assert rows["Key vault"]["Status"] == "Succeeded in 5 s"
    assert "Application Insights appi-churn" in rows["Machine Learning workspace"]["Needs"]


def test_the_accessible_name_says_how_far_things_are():
    plan = cases.plan(cases.DEFAULT)
    graph = azure.draw(plan, cases.run(plan, {"key_vault": "Creating", "storage_account": "Creating"}))
    assert graph.name == "Azure graph of churn: 7 resources, 5 waiting, 2 creating"


def test_the_same_arguments_give_the_same_source():
    plan = cases.plan(cases.EVERYTHING)
    assert azure.draw(plan, now=1.0).source == azure.draw(cases.plan(cases.EVERYTHING), now=2.0).source


def test_drift_is_said_dotted_and_told_in_full_only_in_its_layer():
    plan = cases.plan(cases.DEFAULT)
    found = {"key_vault": ["sku is premium, not standard", "tags.team is gone"]}
    graph = azure.draw(plan, drift=found)
    box = parts(graph, "node")["node-key_vault"]
    assert words(box)[-1].startswith("Drifted: sku is")
    assert outline(box).get("stroke-dasharray") == "1,5"
    assert dict(graph["key_vault"].facts)["Drift"] == "; ".join(found["key_vault"])
    assert "1 drifted" in graph.name
    assert "Dotted line: drifted" in graph.source
    off = azure.draw(plan, drift=found, layers=("status", "duration"))
    assert words(parts(off, "node")["node-key_vault"])[-1].startswith("Planned")


def test_a_cost_has_its_place_and_moves_nothing():
    plan = cases.plan(cases.DEFAULT)
    graph, without = azure.draw(plan, costs={"key_vault": "$0.03 a month"}), azure.draw(plan)
    boxes = [parts(g, "node") for g in (graph, without)]
    assert "$0.03 a month" in words(boxes[0]["node-key_vault"])
    places = [outline(b["node-key_vault"]).get("points") for b in boxes]
    assert places[0] == places[1]
    assert {row["Resource"]: row["Cost"] for row in graph.table}["Key vault"] == "$0.03 a month"
    off = azure.draw(plan, costs={"key_vault": "$0.03"}, layers=("status",))
    assert "$0.03" not in off.source


def test_a_release_stands_in_the_frame_of_its_workspace() -> None:
    """Subscription, group and workspace are there already; the parts come up within, and nothing is "not chosen"."""
    plan = build_release(project_file.read("name: churn\n").strict(), RELEASE)
    graph = azure.draw(plan, now=0.0)
    frames = {group.label: group for group in graph.groups}
    assert [group.name for group in graph.groups][1:] == ["rg-churn", "mlw-churn"]
    assert frames["Workspace"].parent == frames["Resource group"].id
    assert {node.group for node in graph.nodes} == {frames["Workspace"].id}
    assert [node.key for node in graph.nodes][-3:] == ["online_deployment", "smoke_test", "traffic"]
    assert "Not chosen" not in graph.source and "Workspace, existing" in graph.source
    assert render.svg(graph).count("<svg") >= 1


def test_a_step_of_a_release_that_failed_says_why() -> None:
    """The reason stands in the box, as with any resource."""
    plan = build_release(project_file.read("name: churn\n").strict(), RELEASE)
    error = StepError("SmokeTestFailed", "differs", None, "The deployment answers otherwise.")
    run = RunView(
        "r", "p", "deploy", "Parked", {"smoke_test": StepView("smoke_test", "Failed", error=error)}, 0.0
    )
    facts = dict(azure.draw(plan, run, now=0.0)["smoke_test"].facts)
    assert facts["Status"] == "Failed: The deployment answers otherwise."
