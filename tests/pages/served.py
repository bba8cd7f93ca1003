"""A project whose workspace stands and whose model has passed its test: what the pages about serving begin with."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.house import fresh_home
from services import project_file
from services.config import ProjectConfig
from services.models import candidate, files, records, releasing
from services.models.intake import Column, Intake, Verdict
from services.models.records import ModelRecord
from services.runs import client, follow, journal
from tests.pages.browser import Server

SCORE = """
import json
import os
from pathlib import Path

from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    global factor
    factor = json.loads(next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.json")).read_text())["factor"]
    print("The model is loaded.")


def run(raw):
    try:
        rows = json.loads(raw)["data"]
        return {"predictions": [factor * (row["x"] if isinstance(row, dict) else row[0]) for row in rows]}
    except (KeyError, TypeError, ValueError) as error:
        return AMLResponse({"error": str(error)}, 400, json_str=True)
"""
CONDA = """
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip
  - pip: [azureml-inference-server-http==1.5.1]
"""


@pytest.fixture(scope="module", name="server")
def server_of_our_home() -> Iterator[Server]:
    """One server for a file; its tests share its home, so that they can store models and read what was kept."""
    with fresh_home(0) as environment, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GROUNDPLAN_")]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        started = Server(environment).start()
        yield started
        started.stop()


def project(name: str, **choices: Any) -> tuple[str, Any]:
    """A project that stands in the rehearsal of this process's installation: its ID and configuration."""
    text = "\n".join([f"name: {name}", *(f"{key}: {json.dumps(value)}" for key, value in choices.items())])
    config = project_file.read(text + "\n").strict()
    assert follow.apply(config, lambda _: None)["state"] == "Succeeded"
    return follow.project_of(config).id, config


def stood(project_id: str) -> None:
    """Write down that a project's resources were created; the worker's part is written here."""
    run_id = client.start(project_id)
    for key in journal.view(run_id).steps:
        journal.set_step(run_id, key, state="Succeeded", attempt=1, created_by_run=True)
    journal.set_run(run_id, state="Succeeded", finished_at=time.time())


def model(project_id: str, folder: Path, factor: float = 2.0, file_verdict: Verdict = "safe") -> ModelRecord:
    """A model that multiplies, with a golden set and the verdict of a passed test."""
    path = folder / "model.json"
    path.write_text(json.dumps({"factor": factor}))
    stored = files.keep(path)
    inputs = (Column("x", "float64"),)
    intake = Intake(
        "other", "other", file_verdict, ("It is plain JSON.",), stored.sha256, stored.size, inputs=inputs
    )
    record = records.add(project_id, "model.json", intake)
    record = records.set_files(record.id, {"score.py": SCORE, "conda.yaml": CONDA}, seen=record.version)
    golden = [{"request": {"data": [[1.0], [3.0]]}, "expected": {"predictions": [factor, 3 * factor]}}]
    return verdict(records.set_golden(record.id, golden, seen=record.version))


def verdict(record: ModelRecord, **told: Any) -> ModelRecord:
    """The verdict of a test of exactly what there is now: passed, unless it is told otherwise."""
    tested = candidate.of_record(record)
    found = {
        "passed": True, "hashes": dict(tested.hashes), "key": tested.key, "at": time.time(), "why": [], "cases": [],
        "refusals": [], "p50_ms": 2.1, "p95_ms": 3.4, "startup_s": 1.2, "memory_peak_mb": 180.0,
    }  # fmt: skip
    return records.set_verdict(record.id, found | told)


def config(project_id: str) -> ProjectConfig:
    """The configuration that a project's releases are made with."""
    return releasing.project_config(project_id)
