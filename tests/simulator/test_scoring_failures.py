"""Deployments that cannot be: each fails as on Azure, says why, and leaves nothing running."""

from __future__ import annotations

import sys
from typing import Any

import psutil
import pytest

from tests.simulator.conftest import Running
from tests.simulator.served import CONDA, Workshop

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LIVENESS = "Liveness probe failed: HTTP probe failed with statuscode: 502"


@pytest.fixture(scope="module")
def workshop(simulator: Running) -> Workshop:
    """An endpoint with nothing behind it yet."""
    made = Workshop(simulator, "rg-failures").open("doomed-api")
    made.environment("good", CONDA.format(python=PYTHON))
    made.code("good")
    made.model("m")
    return made


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def init(:\n", "SyntaxError"),
        ("def init():\n    raise RuntimeError('no weights here')\n\ndef run(raw):\n    return 1\n", "no weights here"),
        ("import a_package_that_is_nowhere\n", "ModuleNotFoundError"),
        ("def init():\n    pass\n", "does not have a run() function"),
        ("import os\n\ndef init():\n    os._exit(7)\n\ndef run(raw):\n    return 1\n", "Invoking user's init function"),
    ],
    ids=["syntax", "init-raises", "import", "no-run", "exits"],
)  # fmt: skip
def test_broken_code(workshop: Workshop, text: str, told: str, request: pytest.FixtureRequest):
    """The container never becomes live: the operation fails with Azure's words, and the log has the reason."""
    name = str(request.node.callspec.id)
    workshop.code(name, text)
    status = workshop.deploy("bad", code=name)
    assert (status["status"], status["error"]["code"]) == ("Failed", "ResourceNotReady")
    assert f"User container has crashed or terminated: {LIVENESS}" in status["error"]["message"]
    assert workshop.get(f"{workshop.endpoint}/deployments/bad")["provisioningState"] == "Failed"
    log = workshop.logs("bad")
    assert "UserContainerStart: Failed" in log and LIVENESS in log
    assert told in log
    assert not _containers(workshop)
    assert workshop.score({"data": [[1, 1]]}, deployment="bad").status == 503


@pytest.mark.parametrize(
    ("conda", "told"),
    [
        (CONDA + "  - no-such-package-of-ours==9\n", "no-such-package-of-ours"),
        (CONDA + "  - docopt==0.6.2\n", "building from source is disabled"),
        (CONDA.replace("- pip\n", "- redis=7\n- pip\n"), "'redis=7' is not known to be the same on PyPI"),
        ("dependencies:\n- python=3.11\n- r-base\n- git:\n  - x\n", "unknown kind: git"),
        ("name: nothing\n", "no list of dependencies"),
    ],
    ids=["no-such-package", "no-wheel", "conda-package", "unknown-kind", "no-list"],
)  # fmt: skip
def test_an_image_that_cannot_be_built(
    workshop: Workshop, conda: str, told: str, request: pytest.FixtureRequest
):
    """The operation fails with ImageBuildFailure and the reason; the build log is in the log."""
    name = str(request.node.callspec.id)
    workshop.environment(name, conda.format(python=PYTHON))
    status = workshop.deploy("bad", environment=name)
    assert (status["status"], status["error"]["code"]) == ("Failed", "ImageBuildFailure")
    assert told in status["error"]["message"]
    assert told in workshop.logs("bad")
    left = [path.name for path in (workshop.simulator.folder / "environments").glob(".building-*")]
    assert not left


def test_no_inference_server(workshop: Workshop):
    """Without Azure's server among the packages there is nothing that could answer, and the log says so."""
    bare = CONDA.format(python=PYTHON).replace("  - azureml-inference-server-http==1.5.1\n", "")
    workshop.environment("bare", bare)
    assert workshop.deploy("bad", environment="bare")["error"]["code"] == "ResourceNotReady"
    assert "A required package azureml-inference-server-http is missing" in workshop.logs("bad")


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"build": {"contextUri": "https://x/y", "dockerfilePath": "Dockerfile"}}, "built from a Dockerfile"),
        ({"image": "x", "inferenceConfig": {"scoringRoute": {"path": "/", "port": 1}}}, "server of its own"),
    ],
    ids=["dockerfile", "own-server"],
)  # fmt: skip
def test_what_the_rehearsal_cannot_run(
    workshop: Workshop, properties: Any, told: str, request: pytest.FixtureRequest
):
    """A container that is not Python with Azure's server is refused in plain words, and not ignored."""
    name = str(request.node.callspec.id)
    workshop.put(f"{workshop.workspace}/environments/{name}/versions/1", {"properties": properties})
    status = workshop.deploy("bad", environment=name)
    assert status["error"]["code"] == "ImageBuildFailure"
    assert told in status["error"]["message"]


def test_no_model_file(workshop: Workshop):
    """A model whose files are not in the store cannot be mounted."""
    workshop.model("ghost", path="models/nowhere/model.json")
    status = workshop.deploy("bad", model="ghost")
    assert status["error"]["code"] == "BadArgument"
    assert "'models/nowhere/model.json' in container" in status["error"]["message"]
    assert "Nothing is at" in workshop.logs("bad", containerType="StorageInitializer")


def test_a_run_that_never_answers(workshop: Workshop):
    """The caller gets its 408 after the request's timeout, not sooner and not much later."""
    workshop.code("endless", "def init():\n    pass\n\ndef run(raw):\n    while True:\n        pass\n")
    short = {"requestTimeout": "PT1S", "maxConcurrentRequestsPerInstance": 1}
    assert workshop.deploy("endless", code="endless", requestSettings=short)["status"] == "Succeeded"
    answer = workshop.score({}, deployment="endless")
    assert (answer.status, answer.body) == (408, b"upstream request timeout")
    assert workshop.simulator.arm(
        "DELETE", f"{workshop.endpoint}/deployments/endless", version="2024-10-01"
    ).status == 202  # fmt: skip
    psutil.wait_procs(_containers(workshop), timeout=20)
    assert not _containers(workshop)


def test_a_memory_limit(workshop: Workshop):
    """A model that needs more than the instance has does not take it from the machine."""
    text = "def init():\n    global big\n    big = bytearray(4 << 30)\n\ndef run(raw):\n    return 1\n"
    workshop.code("greedy", text)
    status = workshop.deploy("bad", code="greedy", instanceType="Standard_DS1_v2")
    assert status["error"]["code"] == "ResourceNotReady"
    assert "MemoryError" in workshop.logs("bad")


def _containers(workshop: Workshop) -> list[psutil.Process]:
    simulator = psutil.Process(workshop.simulator.process.pid)
    return [one for one in simulator.children() if "gunicorn" in " ".join(one.cmdline())]
