"""Serving a release: every part once, traffic only after the golden set, blue and green, and back again; over the wire."""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services import project_file
from services.cloud.bridge import ask
from services.cloud.target import rehearsal
from services.models import releasing
from services.plan import build_release
from services.progress import RunView
from services.release import Release
from services.runs import client, follow, journal, teardown
from tests.runs.conftest import Installation, until

SCORE = """
import json
import os
from pathlib import Path

def init():
    global factor
    factor = json.loads(next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.json")).read_text())["factor"]

def run(raw):
    return {"predictions": [factor * row[0] for row in json.loads(raw)["data"]]}
"""
CONDA = """
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip
  - pip: [azureml-inference-server-http==1.5.1]
"""


@dataclasses.dataclass
class Project:
    """A project that stands, and the release of a model that multiplies."""

    id: str
    config: Any
    release: Release
    house: Installation

    def deploy(self, **changes: Any) -> RunView:
        """Serve the release, changed in these fields, and follow it."""
        return followed(client.deploy(self.id, dataclasses.replace(self.release, **changes)))

    def traffic(self) -> dict[str, int]:
        """The traffic as the cloud has it."""
        found = self.cloud("online_endpoint")["properties"]["traffic"]
        return {name: share for name, share in found.items() if share}

    def cloud(self, key: str, **changes: Any) -> Any:
        """What stands in the cloud of a part of the release."""
        part = build_release(self.config, dataclasses.replace(self.release, **changes))[key]
        return ask(rehearsal(self.house.home), lambda cloud: cloud.get(part.id, part.api_version))

    def answer(self, deployment: str = "", rows: int = 1) -> Any:
        """What the endpoint answers to 2, asked so many times at once."""
        place = self.cloud("online_endpoint")["id"]
        question = {"data": [[2.0]] * rows}
        return ask(rehearsal(self.house.home), lambda cloud: cloud.score(place, deployment, question, 20))[:2]


def followed(run_id: str) -> RunView:
    """A run at its end, or parked."""
    return follow.to_the_end(run_id, lambda _: None)


def golden(*factors: float) -> tuple[dict[str, Any], ...]:
    """Requests with the answers of a model with that factor."""
    return tuple(
        {"request": {"data": [[1.0], [3.0]]}, "expected": {"predictions": [f, 3 * f]}} for f in factors
    )


@pytest.fixture
def inside(house: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """This process speaks for the installation, as its command line does."""
    for name, value in house.environment.items():
        monkeypatch.setenv(name, value)
    yield house


@pytest.fixture
def project(inside: Installation, request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A project of the test's own that stands."""
    name = f"serve-{hashlib.sha256(request.node.name.encode()).hexdigest()[:6]}"
    config = project_file.read(f"name: {name}\n").strict()
    assert follow.apply(config, lambda _: None)["state"] == "Succeeded"
    model = tmp_path / "model.json"
    model.write_text(json.dumps({"factor": 2.0}))
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    release = Release(
        model=name, file_name="model.json", sha256=digest, size=model.stat().st_size, source=str(model),
        files={"score.py": SCORE, "conda.yaml": CONDA}, entry="score.py", key="0" * 64, endpoint=f"{name}-api",
        deployment="blue", instance_type="Standard_DS2_v2", golden=golden(2.0),
    )  # fmt: skip
    return Project(follow.project_of(config).id, config, release, inside)


def test_a_release_serves_and_the_same_again_puts_nothing(project: Project) -> None:
    """The endpoint answers with the model; a second run finds all of it and only asks the golden set anew."""
    run = project.deploy()
    assert run.state == "Succeeded", [s.error for s in run.steps.values()]
    assert project.answer() == (200, {"predictions": [4.0]})
    assert project.answer(rows=200_000) == (200, {"predictions": [4.0] * 200_000}), "it comes in many pieces"
    assert project.traffic() == {"blue": 100}
    before = project.house.puts(project.release.model)
    assert max(Counter(p for p in before if not p.endswith(f"{project.release.endpoint}")).values()) == 1

    again = project.deploy()
    assert (again.state, {s.state for s in again.steps.values()}) == ("Succeeded", {"Succeeded"})
    assert again.steps["smoke_test"].outputs["passed"] == 1
    assert project.house.puts(project.release.model) == before


def test_a_second_colour_gets_its_share_and_the_first_comes_back(project: Project) -> None:
    """10 %, then all, then back to the first, then the second is removed; the golden set is asked at every stop."""
    project.deploy()
    green = project.deploy(deployment="green", share=10, before={"blue": 100})
    assert (green.state, project.traffic()) == ("Succeeded", {"blue": 90, "green": 10})
    release = releasing.serving(project.id)[f"{project.release.endpoint}/green"].release
    all_of_it = followed(releasing.move_traffic(project.id, release, 100, project.traffic()))
    assert (all_of_it.steps["smoke_test"].outputs["passed"], project.traffic()) == (1, {"green": 100})

    back = followed(releasing.move_traffic(project.id, project.release, 100, project.traffic()))
    assert (back.state, project.traffic()) == ("Succeeded", {"blue": 100})
    gone = followed(releasing.remove(project.id, project.release.endpoint, "green"))
    assert gone.state == "Succeeded", [(s.key, s.error, s.note) for s in gone.steps.values()]
    assert (project.cloud("online_deployment", deployment="green"), project.traffic()) == (
        None,
        {"blue": 100},
    )
    assert list(releasing.serving(project.id)) == [f"{project.release.endpoint}/blue"]


def test_a_wrong_answer_keeps_the_traffic_where_it_is_and_can_be_undone(project: Project) -> None:
    """The golden set of another model parks the run before any request goes to the new deployment."""
    project.deploy()
    wrong = project.deploy(deployment="green", golden=golden(3.0), before={"blue": 100})
    assert (wrong.state, wrong.steps["traffic"].state) == ("Parked", "Waiting")
    failed = wrong.steps["smoke_test"].error
    assert failed and failed.code == "SmokeTestFailed" and "predictions[0] is 2.0" in failed.what
    assert project.traffic() == {"blue": 100}

    client.cancel(wrong.id)
    until(lambda: journal.view(wrong.id).ended)
    undone = followed(teardown.undo(wrong.id))
    assert undone.state == "Succeeded", [(s.key, s.error) for s in undone.steps.values()]
    assert project.cloud("online_deployment", deployment="green") is None
    assert project.answer() == (200, {"predictions": [4.0]})


def test_a_handler_that_breaks_fails_its_deployment_with_the_log_to_read(project: Project) -> None:
    """The deployment is parked in plain words; the endpoint stands and gets no traffic."""
    broken = {
        "score.py": SCORE.replace("global factor", "raise ValueError('no such luck')"),
        "conda.yaml": CONDA,
    }
    run = project.deploy(files=broken)
    assert run.state == "Parked"
    error = run.steps["online_deployment"].error
    assert error and "handler" in f"{error.what} {error.fix}".lower(), error
    assert project.traffic() == {}


def test_a_killed_worker_goes_on_with_the_deployment_that_azure_is_at(project: Project) -> None:
    """Nothing is put twice, and the run tells the truth."""
    files = {"score.py": SCORE + "\n# another version\n", "conda.yaml": CONDA}
    run_id = client.deploy(project.id, dataclasses.replace(project.release, files=files))
    until(lambda: journal.view(run_id).steps["online_deployment"].state == "Creating", 60)
    project.house.kill_worker()
    project.house.run("check", project.house.file("name: first"))  # starts what is missing
    run = followed(run_id)
    assert run.state == "Succeeded", [s.error for s in run.steps.values()]
    puts = [p for p in project.house.puts(project.release.model) if "/deployments/" in p]
    assert len(puts) == 1
    assert project.answer() == (200, {"predictions": [4.0]})


def test_tearing_down_takes_the_endpoint_first_and_leaves_nothing(project: Project) -> None:
    """Deployment before endpoint, both before the workspace: Azure bills for what stands."""
    project.deploy()
    run = followed(teardown.start(project.id, purge=True))
    assert run.state == "Succeeded", [(s.key, s.state, s.note, s.error) for s in run.steps.values()]
    left = [r["id"] for r in project.house.control("GET", "/_simulator/resources")]
    assert not [id for id in left if project.release.model in id]
    order = [
        s.key.rpartition("_")[0] or s.key
        for s in sorted(run.steps.values(), key=lambda s: s.finished_at or 0)
    ]
    assert order.index("online_deployment") < order.index("online_endpoint")
