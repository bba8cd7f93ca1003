"""The sample model of R from the command line to an endpoint of a real installation: the cloud answers as Rscript does."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.house import fresh_home
from services import project_file
from services.cloud.bridge import ask
from services.cloud.target import rehearsal
from services.models import releasing
from services.runs import client, follow, journal
from tests.r_here import REVENUE, needs_r, predictions
from tests.runs.conftest import Installation, until

pytestmark = [needs_r, pytest.mark.timeout(240)]
GOLDEN = REVENUE.with_name("revenue-r.golden.json")
PROJECT = "name: revenue-of-r\n"
ROWS = [
    {"age": 33.0, "tenure_months": 48.0, "monthly_charge": 52.25, "support_calls": 3.0, "plan": "basic"},
    {"age": 61.0, "tenure_months": 5.0, "monthly_charge": 88.0, "support_calls": 0.0, "plan": "premium"},
]


@pytest.fixture(scope="module")
def house() -> Iterator[Installation]:
    """An installation of this file's own; its processes start with the first command."""
    with fresh_home(0) as environment:
        yield Installation(environment)


@pytest.fixture
def inside(house: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """This process speaks for the installation, as its command line does."""
    for name, value in house.environment.items():
        monkeypatch.setenv(name, value)
    return house


@pytest.fixture(scope="module")
def deployed(house: Installation) -> dict[str, Any]:
    """The sample, deployed by one command from nothing."""
    words = ("--model", str(REVENUE), "--request", str(GOLDEN))
    code, told, said = house.run("deploy", house.file(PROJECT), *words)
    assert code == 0, (told, said)
    return told


def test_one_command_serves_the_sample(deployed: dict[str, Any], inside: Installation) -> None:
    """Every part succeeds, the golden set passes in the cloud, and the endpoint's numbers are those of Rscript."""
    assert {one["state"] for one in deployed["resources"]} == {"Succeeded"}
    assert deployed["smoke_test"]["passed"] == len(json.loads(GOLDEN.read_text()))
    endpoint = next(one["id"] for one in deployed["resources"] if one["key"] == "online_endpoint")
    status, body, _ = ask(rehearsal(inside.home), lambda cloud: cloud.score(endpoint, "", {"data": ROWS}, 30))
    assert (status, body["predictions"]) == (200, pytest.approx(predictions(ROWS), rel=1e-12))
    status, body, _ = ask(
        rehearsal(inside.home), lambda cloud: cloud.score(endpoint, "", {"data": [[1]]}, 30)
    )
    assert (status, body["error"]) == (
        424,
        "Every row needs 5 values: age, tenure_months, monthly_charge, support_calls, plan.",
    )


def test_a_package_that_this_machine_lacks_parks_the_run_with_what_to_do(
    deployed: dict[str, Any], inside: Installation
) -> None:
    """The image cannot be built: the run says which package, and no request goes there."""
    project = follow.project_of(project_file.load(Path(inside.file(PROJECT))))
    release = next(iter(releasing.serving(project.id).values())).release
    text = release.files["Dockerfile"].replace("--error jsonlite", "--error jsonlite noSuchPackage")
    lacking = dataclasses.replace(release, deployment="green", files={**release.files, "Dockerfile": text})
    run = follow.to_the_end(client.deploy(project.id, lacking), lambda _: None)
    error = run.steps["online_deployment"].error
    assert (run.state, run.steps["traffic"].state) == ("Parked", "Waiting")
    assert error and error.code == "ImageBuildFailure"
    assert "lacks what the Dockerfile installs: noSuchPackage" in error.what
    client.cancel(run.id)
    until(lambda: journal.view(run.id).ended)


def test_an_edited_handler_is_served(deployed: dict[str, Any], inside: Installation) -> None:
    """What plumber.R says now is what answers: it is part of the image, so the image is another one."""
    project = follow.project_of(project_file.load(Path(inside.file(PROJECT))))
    release = releasing.serving(project.id)[f"{deployed['endpoint']}/blue"].release
    text = release.files["plumber.R"].replace("list(predictions = if", "list(edited = TRUE, predictions = if")
    assert text != release.files["plumber.R"]
    edited = dataclasses.replace(release, files={**release.files, "plumber.R": text})
    run = follow.to_the_end(client.deploy(project.id, edited), lambda _: None)
    assert run.state == "Succeeded", [(s.key, s.error) for s in run.steps.values() if s.error]
    endpoint = next(one["id"] for one in deployed["resources"] if one["key"] == "online_endpoint")
    _, body, _ = ask(rehearsal(inside.home), lambda cloud: cloud.score(endpoint, "", {"data": ROWS}, 30))
    assert body["edited"] is True, body
