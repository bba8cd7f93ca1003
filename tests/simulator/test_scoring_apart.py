"""A model is a program that nobody has read: its container reaches nothing of this machine, where bubblewrap works."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from simulator.scoring import bubblewrap
from tests.simulator.conftest import Running
from tests.simulator.served import CONDA, Workshop

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
#: Tries what it is asked for and tells what came of it.
SCORE = """
import json, os, socket

def init():
    pass

def attempt(what, where):
    if what == "read":
        return open(where).read()
    if what == "write":
        return open(where, "a").write("x")
    if what == "list":
        return sorted(os.listdir(where))
    if what == "connect":
        host, port = where.rsplit(":", 1)
        return socket.create_connection((host, int(port)), 2).close()
    if what == "signal":
        return os.kill(where, 0)

def run(raw):
    asked = json.loads(raw)
    try:
        return {"did": attempt(asked["what"], asked["where"])}
    except Exception as error:
        return {"refused": type(error).__name__}
"""

pytestmark = pytest.mark.skipif(
    not bubblewrap.that_works(), reason="bubblewrap is not here, or may not do its work"
)


@pytest.fixture(scope="module")
def workshop(simulator: Running) -> Workshop:
    """A deployment that does what it is told."""
    made = Workshop(simulator, "rg-apart").open("apart-api")
    made.environment("good", CONDA.format(python=PYTHON))
    made.code("bold", SCORE)
    made.model("m")
    assert made.deploy("blue", code="bold")["status"] == "Succeeded", made.logs("blue")
    return made


def tried(workshop: Workshop, what: str, where: object) -> dict[str, object]:
    """What came of an attempt in the container."""
    answer = workshop.score({"what": what, "where": where}, deployment="blue")
    assert answer.status == 200, answer
    found: dict[str, object] = answer.body
    return found


def test_no_file_of_the_machine_is_seen(workshop: Workshop, tmp_path: Path):
    """Neither the user's files, nor the simulator's secrets, nor another container's."""
    secret = tmp_path / "secret"
    secret.write_text("mine")
    assert tried(workshop, "read", str(secret)) == {"refused": "FileNotFoundError"}
    state = workshop.simulator.folder
    assert tried(workshop, "list", str(state)) in (
        {"did": ["containers", "environments"]},
        {"did": ["containers"]},
    )
    assert tried(workshop, "list", str(state / "containers" / "s")) == {"refused": "FileNotFoundError"}
    home = tried(workshop, "list", str(Path.home()))
    assert "refused" in home or not {".ssh", ".bashrc", ".config"} & set(home["did"])  # type: ignore[call-overload]


def test_only_its_own_folders_can_be_written(workshop: Workshop):
    """The environment is shared with other deployments, the model is what was tested: both stay as they are."""
    environment = next((workshop.simulator.folder / "environments").glob("*/pyvenv.cfg"))
    model = next(
        (workshop.simulator.folder / "containers").glob("*/*/azureml-app/azureml-models/m/1/model.json")
    )
    for path in (environment, model):
        before = path.read_bytes()
        assert tried(workshop, "write", str(path)) == {"refused": "OSError"}
        assert path.read_bytes() == before
    assert tried(workshop, "write", "/usr/bin/env") == {"refused": "OSError"}
    scratch = next((workshop.simulator.folder / "containers").glob("*/*/tmp"))
    assert tried(workshop, "write", str(scratch / "note")) == {"did": 1}


def test_no_network_and_no_process(workshop: Workshop):
    """Not even the simulator beside it, which would do what it asks for."""
    port = workshop.simulator.ready["endpoint"].rsplit(":", 1)[1]
    with socket.create_connection(("127.0.0.1", int(port)), 5):
        pass  # it is there for us
    assert tried(workshop, "connect", f"127.0.0.1:{port}") == {"refused": "ConnectionRefusedError"}
    assert tried(workshop, "connect", "10.0.0.1:443") == {"refused": "OSError"}
    assert tried(workshop, "signal", workshop.simulator.process.pid) == {"refused": "ProcessLookupError"}
    assert "bubblewrap" in workshop.logs("blue")
