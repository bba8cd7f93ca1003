"""What happens to containers when the simulator stops, is killed, comes back or begins anew."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import psutil
import pytest

from tests.simulator.conftest import Running
from tests.simulator.served import CONDA, Workshop

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ASKED = {"data": [[1, 1]]}


@pytest.fixture
def workshop(start_module: Callable[..., Running]) -> Workshop:
    """A simulator of its own, emptied, with one deployment that serves; the image is built by the first test alone."""
    running = start_module("--pace", "0")
    running.control("POST", "reset", {})
    made = Workshop(running, "rg-lifetime").open()
    made.environment("good", CONDA.format(python=PYTHON))
    made.code("good")
    made.model("m")
    assert made.deploy("blue")["status"] == "Succeeded"
    made.traffic(blue=100)
    return made


def test_a_kill_and_a_new_start(workshop: Workshop, start_module: Callable[..., Running]):
    """Kill -9 leaves no container behind; a new start serves again, and finishes the deployment that was under way."""
    containers = _containers(workshop)
    key = workshop.key()
    workshop.begin("green")
    workshop.simulator.stop(signal.SIGKILL)
    _, alive = psutil.wait_procs(containers, timeout=10)
    assert containers and not alive
    workshop.simulator = start_module("--pace", "0")
    assert workshop.wait(f"{workshop.endpoint}/deployments/green") == "Succeeded"
    for name in ("blue", "green"):
        assert workshop.score(ASKED, name, key).body == {"predictions": [3]}
    containers = _containers(workshop)
    assert workshop.simulator.stop(signal.SIGTERM) == 0
    _, alive = psutil.wait_procs(containers, timeout=1)
    assert len(containers) == 4 and not alive  # a master and a worker each


def test_reset_and_group_deletion_end_containers(workshop: Workshop):
    """What is no longer in the state no longer runs, and its files are gone."""
    containers = _containers(workshop)
    group = workshop.workspace.split("/providers/")[0]
    assert workshop.simulator.arm("DELETE", group).status == 202
    _, alive = psutil.wait_procs(containers, timeout=10)
    assert containers and not alive
    again = Workshop(workshop.simulator, "rg-again").open()
    again.environment("good", CONDA.format(python=PYTHON))
    again.code("good")
    again.model("m")
    assert again.deploy("blue")["status"] == "Succeeded"
    containers = _containers(workshop)
    workshop.simulator.control("POST", "reset", {})
    _, alive = psutil.wait_procs(containers, timeout=10)
    assert containers and not alive


def _containers(workshop: Workshop) -> list[psutil.Process]:
    simulator = psutil.Process(workshop.simulator.process.pid)
    below = [(one, one.cmdline()) for one in simulator.children(recursive=True)]
    return [one for one, line in below if "gunicorn" in line and "bwrap" not in line[0]]
