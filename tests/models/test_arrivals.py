"""From a stored file to a model of a project: looked at by a real process, whatever happens to the one that asked."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from services.models import arrivals, files, records, samples
from services.models.arrivals import Arrival
from services.runs import projects
from tests.processes.house import REPOSITORY, until


@pytest.fixture
def project(home: Path) -> str:
    """A project in a fresh home."""
    return projects.create({"name": "churn"}).id


def ended(id: str) -> Arrival:
    """Wait for the end of an arrival."""
    until(lambda: arrivals.get(id).ended and not _inspecting(), within=60)
    return arrivals.get(id)


def _inspecting() -> bool:
    """Whether an inspector of ours still runs; other children of this process are other tests'."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if "services.models.arrive" in child.cmdline():
                return True
    return False


def stored(home: Path, content: bytes) -> str:
    """Put bytes into the store and give their SHA-256."""
    (home / "file").write_bytes(content)
    return files.keep(home / "file").sha256


def test_a_sample_becomes_a_model_with_its_golden_set(project: str) -> None:
    """The file is looked at, the record is chosen, the golden set is there to test with."""
    sample = samples.every()[0]
    file = files.keep(sample.path)
    arrivals.begin(project, sample.path.name, file.sha256, id="one", golden=sample.golden, by="tab")
    one = ended("one")
    assert one.state == "kept", one.said
    model = records.current(project)
    assert model and (model.id, model.file_name, model.intake.verdict) == (one.model, "churn.joblib", "safe")
    assert list(model.golden) == list(sample.golden) and model.sha256 == file.sha256


def test_the_same_file_again_keeps_the_golden_set_that_the_user_has_made(project: str) -> None:
    """Nothing that was edited is overwritten by taking a sample twice."""
    sample = samples.every()[1]
    sha256 = files.keep(sample.path).sha256
    arrivals.begin(project, sample.path.name, sha256, id="one", golden=sample.golden)
    model = records.get(ended("one").model)
    mine = [{"request": {"data": []}, "expected": {"predictions": []}}]
    records.set_golden(model.id, mine, seen=model.version)
    arrivals.begin(project, sample.path.name, sha256, id="one", golden=sample.golden)
    assert ended("one").model == model.id
    assert records.get(model.id).golden == mine


def test_a_file_that_is_gone_is_refused_in_plain_words(project: str) -> None:
    """No record comes of it."""
    arrivals.begin(project, "m.pkl", "0" * 64, id="one")
    assert "Bring it again" in ended("one").said
    assert records.every(project) == []


def test_a_hostile_pickle_is_kept_as_blocked(project: str, home: Path) -> None:
    """It is not refused: the page has to say why it is blocked."""
    hostile = b"cos\nsystem\n(S'touch /tmp/never'\ntR."
    arrivals.begin(project, "m.pkl", stored(home, hostile), id="one")
    assert ended("one").state == "kept"
    model = records.current(project)
    assert model and model.intake.verdict == "blocked" and model.intake.reasons


def test_an_inspector_that_was_killed_is_noticed(project: str, home: Path) -> None:
    """While it lives the file is being looked at, afterwards it is lost, and looking again mends it."""
    sample = samples.every()[0]
    sha256 = files.keep(sample.path).sha256
    arrivals.note(Arrival("one", project, sample.path.name, sha256, state="looking", share=0.3))
    with _inspector(home) as inspector:
        assert arrivals.get("one").state == "looking"
        inspector.kill()
    assert arrivals.get("one").state == "lost"
    arrivals.again("one")
    assert ended("one").state == "kept"


def test_a_file_is_looked_at_by_one_process_at_a_time(project: str) -> None:
    """Two tabs that end the same upload start one inspection."""
    sample = samples.every()[0]
    sha256 = files.keep(sample.path).sha256
    first = arrivals.begin(project, sample.path.name, sha256, id="one")
    second = arrivals.begin(project, sample.path.name, sha256, id="one")
    assert second.begun_at == first.begun_at
    ended("one")
    log = (Path(os.environ["GROUNDPLAN_HOME"]) / "logs" / "intake.log").read_text()
    assert log.count("started by Groundplan") == 1


def _inspector(home: Path) -> "subprocess.Popen[bytes]":
    """A process that holds the lock of an arrival until it is killed."""
    code = (
        "import sys; from services.models import arrivals; from services.processes import locks; "
        "lock = locks.take(arrivals.lock_of('one')); print('up', flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"GROUNDPLAN_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout and process.stdout.readline() == b"up\n"
    return process
