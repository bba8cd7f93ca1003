"""The page Deploy: the gate, the workspace, what fits, what would be done; nothing is hidden behind an error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.models import progress, records, releasing
from services.progress import StepError
from services.runs import client, journal, projects
from tests.pages import served
from tests.pages.conftest import Open, calm, choices, said

Project = Callable[..., str]
DEPLOY = "model/deploy"


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's part is written by the tests."""
    monkeypatch.setattr(client, "_staff", lambda _: None)


@pytest.fixture
def record(project: Project, tmp_path: Path) -> records.ModelRecord:
    """A model whose test has passed, in a project that has nothing in the cloud yet."""
    return served.model(project(), tmp_path)


def test_without_a_model_the_page_says_where_to_bring_one(open_page: Open, project: Project) -> None:
    """It ends there, without an error."""
    assert "This project has no model file yet" in said(open_page(DEPLOY, project()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: records.set_verdict(r.id, {}), "Since the last test"),
        (lambda r: records.set_files(r.id, {"score.py": "#"}, seen=r.version), "the API handler"),
        (lambda r: records.set_golden(r.id, [], seen=r.version), "the golden set"),
    ],
)
def test_a_closed_gate_says_what_has_changed_and_leads_to_the_test(
    open_page: Open, record: records.ModelRecord, change: Any, words: str
) -> None:
    """There is nothing to press while it is closed."""
    change(record)
    page = open_page(DEPLOY, record.project_id)
    text = said(page)
    assert "The gate is closed." in text and words in text
    assert "Test on this machine" in text
    assert not [b for b in page.button if b.label == "Deploy"]


def test_an_open_gate_without_a_workspace_leads_to_the_set_up(
    open_page: Open, record: records.ModelRecord
) -> None:
    """The gate and the workspace are told apart."""
    text = said(open_page(DEPLOY, record.project_id))
    assert "The gate is open." in text
    assert "3.4 ms at the 95th percentile, started in 1.2 s, took 180 MB at most" in text
    assert "The project's workspace does not stand yet." in text.replace("&#x27;", "'")
    assert "Review + create" in text


@pytest.fixture
def standing(record: records.ModelRecord, rehearsal: dict[str, Any]) -> records.ModelRecord:
    """The same in a project whose workspace stands, as far as its runs know."""
    served.stood(record.project_id)
    return record


def test_tiles_say_what_fits_and_why_others_do_not(open_page: Open, standing: records.ModelRecord) -> None:
    """Cores, memory, price with its date, quota; GPUs are not free in a fresh subscription."""
    page = open_page(DEPLOY, standing.project_id)
    text = said(page)
    for words in ("2 cores · 7 GB", "$0.136 an hour", "Quota: 4 of 100 free cores", "as of 2023-12-18"):
        assert words in text
    tiles = {b.label: b for b in page.button if b.key and b.key.startswith("choose:")}
    assert not tiles["DS2_v2"].disabled and tiles["NC4as_T4_v3"].disabled
    assert tiles["NC4as_T4_v3"].help == "Needs 8 cores of quota, 0 are left."
    assert "Cost of 1 × Standard_DS2_v2: about $99.28 a month" in text


def test_a_tile_is_a_choice_that_stays(open_page: Open, standing: records.ModelRecord) -> None:
    """It stands in the project's file, and the plan follows."""
    page = open_page(DEPLOY, standing.project_id)
    next(b for b in page.button if b.label == "F4s_v2").click().run()
    assert choices(standing.project_id)["production"] == {"instance_type": "Standard_F4s_v2"}
    assert "Cost of 1 × Standard_F4s_v2: about $141.62 a month" in said(calm(page))


def test_too_much_for_the_quota_stops_the_deployment(open_page: Open, standing: records.ModelRecord) -> None:
    """Eight instances of sixteen cores need a fifth more; why stands at the type and on the button."""
    _choose(standing, instance_type="Standard_DS5_v2", instance_count=8)
    page = open_page(DEPLOY, standing.project_id)
    assert "Standard_DS5_v2 does not fit: Needs 160 cores of quota, 100 are left." in said(page)
    assert page.button(key="deploy").disabled


def test_a_type_that_nobody_knows_is_named(open_page: Open, standing: records.ModelRecord) -> None:
    """The field takes any type; the region is asked whether it offers it."""
    _choose(standing, instance_type="Standard_X9_v9")
    page = open_page(DEPLOY, standing.project_id)
    assert "Standard_X9_v9 is not offered in westeurope." in said(page)
    assert "none known" in said(page)


def test_a_region_without_prices_says_so(open_page: Open, project: Project, tmp_path: Path) -> None:
    """No price is made up."""
    record = served.model(project(location="swedencentral"), tmp_path)
    served.stood(record.project_id)
    text = said(open_page(DEPLOY, record.project_id))
    assert "Price in swedencentral: none known" in text
    assert "Cost of 1 × Standard_DS2_v2 in swedencentral: none known." in text
    assert "$0." not in text


def test_a_broken_name_keeps_the_button_away(open_page: Open, standing: records.ModelRecord) -> None:
    """The rule is told with a suggestion; the plan waits."""
    _choose(standing, endpoint="1_bad name")
    page = open_page(DEPLOY, standing.project_id)
    assert "Use " in "".join(b.label for b in page.button if str(b.key).startswith("use:"))
    assert not [b for b in page.button if b.label == "Deploy"]


def test_probes_are_proposed_from_the_test_and_can_be_changed(
    open_page: Open, standing: records.ModelRecord
) -> None:
    """Three times the start-up, ten times the p95, within Azure's limits; a change stays in the URL."""
    records.set_verdict(standing.id, {**(standing.verdict or {}), "startup_s": 21.0, "p95_ms": 900.0})
    page = open_page(DEPLOY, standing.project_id)
    numbers = {n.label: n for n in page.number_input}
    assert numbers["First probe after (s)"].value == 63
    assert numbers["Request time-out (ms)"].value == 9000
    assert numbers["Request time-out (ms)"].max == 180_000
    numbers["A probe every (s)"].set_value(20).run()
    assert "about 663 s to become healthy" in said(calm(page))


def test_the_plan_names_every_part(open_page: Open, standing: records.ModelRecord) -> None:
    """What is uploaded, registered, created and asked, before anything happens."""
    text = said(open_page(DEPLOY, standing.project_id))
    for words in (
        "model.json",
        "API handler",
        "Environment",
        "Online endpoint",
        "Online deployment",
        "Smoke test",
        "blue 100 %",
    ):
        assert words in text
    assert "golden set (1)" in text


def test_a_silent_cloud_does_not_hide_the_page(
    open_page: Open, standing: records.ModelRecord, home: Path
) -> None:
    """The list still has cores, memory and prices; the quota is said to be unknown."""
    (home / "simulator" / "simulator.json").unlink()
    text = said(open_page(DEPLOY, standing.project_id))
    assert "The rehearsal is not running yet" in text
    assert "Quota: not known" in text and "$0.136 an hour" in text


def test_graph_three_opens_its_lock_only_for_exactly_what_was_tested(record: records.ModelRecord) -> None:
    """Model and handler are reached without a test; a failed one says why; a changed handler locks again."""
    assert progress.model_state(None).reached == frozenset()
    assert progress.model_state(record).open
    assert progress.model_state(record).reached == {"learning", "model", "handler", "test"}
    changed = records.set_files(record.id, {**record.files, "helper.py": "x = 1"}, seen=record.version)
    state = progress.of_project(record.project_id)
    assert not state.open and not state.failed and state.file == "model.json"
    again = served.verdict(changed, passed=False, why=["Request 1 differs."])
    assert progress.model_state(again).failed == {
        "test": "The last test on this machine failed. Request 1 differs."
    }


def test_a_file_that_may_not_be_loaded_stops_at_the_file(project: Project, tmp_path: Path) -> None:
    """Nothing after it is reached."""
    record = served.model(project(), tmp_path, file_verdict="blocked")
    state = progress.model_state(record)
    assert state.reached == {"learning", "model"} and "blocked" in state.failed["model"]


def test_a_name_taken_in_the_region_is_told_with_another_one(
    open_page: Open, standing: records.ModelRecord
) -> None:
    """Azure says so only when it is asked to create it; the proposal is the name with letters of the project's own ID."""
    run_id = releasing.start(
        standing.project_id, releasing.propose(standing, served.config(standing.project_id))
    )
    error = StepError("EndpointNameTaken", "There already exists an endpoint with name churn-api", 400)
    journal.set_step(run_id, "online_endpoint", state="Failed", error=error)
    journal.set_run(run_id, state="Failed")
    page = open_page(DEPLOY, standing.project_id)
    assert "Another endpoint in westeurope is called churn-api." in said(page)
    page.button(key="other_endpoint").click().run()
    assert choices(standing.project_id)["production"]["endpoint"] == f"churn-api-{standing.project_id[-4:]}"
    assert "Another endpoint in westeurope" not in said(calm(page))


def test_a_deployment_that_does_not_get_healthy_leads_to_its_logs(
    open_page: Open, standing: records.ModelRecord
) -> None:
    """While it waits for an answer: what failed, what to do, where the logs are; nothing can be deployed meanwhile."""
    run_id = releasing.start(
        standing.project_id, releasing.propose(standing, served.config(standing.project_id))
    )
    for key in ("model_file", "model", "environment", "code", "online_endpoint"):
        journal.set_step(run_id, key, state="Succeeded", attempt=1)
    error = StepError(
        "ResourceNotReady", "502", None, "The container did not become healthy.", "Read its log."
    )
    journal.set_step(run_id, "online_deployment", state="Failed", attempt=1, error=error)
    journal.set_run(run_id, state="Running")
    page = open_page(DEPLOY, standing.project_id)
    text = said(page)
    for words in (
        "The deployment of the model needs your answer",
        "The container did not become healthy",
        "Read its log",
    ):
        assert words in text.replace("\\", "")
    assert "See the logs of its containers" in text
    assert "deploy" not in {b.key for b in page.button}, "nothing else is begun meanwhile"
    assert {"Retry", "Cancel"} <= {b.label for b in page.button}


def test_runs_about_models_stand_in_the_history(open_page: Open, standing: records.ModelRecord) -> None:
    """What was asked for and what came of it, in words; the details open."""
    run_id = releasing.start(
        standing.project_id, releasing.propose(standing, served.config(standing.project_id))
    )
    for key in journal.view(run_id).steps:
        journal.set_step(run_id, key, state="Succeeded", attempt=1, created_by_run=True)
    journal.set_run(run_id, state="Succeeded")
    assert "Deploy a model: 8 created" in said(open_page("project/history", standing.project_id))
    page = open_page("project/run", standing.project_id, run=run_id)
    assert page.button(key=f"undo:{run_id}").label == "Remove 8 resources"


def _choose(record: records.ModelRecord, **production: Any) -> None:
    stored = projects.get(record.project_id)
    projects.set_key(
        stored.id,
        "production",
        production,
        seen=stored.choices,
        seen_version=stored.version,
        writer="another tab",
    )
