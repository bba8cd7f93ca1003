"""Fixtures for all rooms: a fresh home, a simulator that answers at once, Chromium, a watch for leaks."""

import http.client
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from hypothesis import settings

# In CI a property test tries the same examples every time: a new find is for a developer's run, not for a landing.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

REPOSITORY = Path(__file__).resolve().parents[1]

Control = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def variables_as_before() -> Iterator[None]:
    """No file of tests leaves variables to the next, nor to the processes that it starts: azure-ai-ml sets its own."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() | before:
        if not name.startswith("PYTEST_"):
            os.environ.update({name: before[name]}) if name in before else os.environ.pop(name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh installation: GROUNDPLAN_HOME is an empty folder, and no other setting of ours is seen."""
    for name in [name for name in os.environ if name.startswith("GROUNDPLAN_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("GROUNDPLAN_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One simulator for the session, at pace 0 on a free port; yields its ready line."""
    folder = tmp_path_factory.mktemp("simulator")
    command = [
        sys.executable,
        "-m",
        "simulator",
        "serve",
        "--pace",
        "0",
        "--port",
        "0",
        "--state",
        str(folder),
    ]
    environment = os.environ | {"GROUNDPLAN_HOME": str(folder)}
    with (folder / "stderr.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=log
        )
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        process.wait()
        pytest.fail(f"the simulator did not start:\n{(folder / 'stderr.log').read_text()}")
    yield json.loads(line)
    process.terminate()
    process.wait(10)


@pytest.fixture
def simulator(simulator_process: dict[str, Any], control: Control) -> dict[str, Any]:
    """The session's simulator, emptied for this test; its ready line."""
    control("POST", "/_simulator/reset", {})
    return simulator_process


@pytest.fixture
def control(simulator_process: dict[str, Any]) -> Control:
    """Call a control path: `control("POST", "/_simulator/faults", {...})` returns its JSON."""
    context = ssl.create_default_context(cafile=simulator_process["ca_bundle"])
    place = urlsplit(simulator_process["endpoint"]).netloc

    def call(method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPSConnection(place, timeout=10, context=context)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, body=text, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        assert response.status < 300, answer
        return json.loads(answer) if answer else None

    return call


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium ($CHROMIUM, or what is installed), for Playwright's `executable_path`."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = [path for name in names if name and (path := shutil.which(name))]
    if not found:
        pytest.fail("no Chromium: install it or set CHROMIUM (make test does)")
    return found[0]


@pytest.fixture(scope="session", autouse=True)
def no_process_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the session for every process of ours that outlives its test, and end it."""
    yield
    leaked = list(_living(str(tmp_path_factory.getbasetemp())))
    told = [f"{process.pid} {line}, home {home}" for process, line, home in leaked]
    for process, *_ in leaked:
        with suppress(psutil.Error):
            process.kill()
    assert not told, "left running:\n" + "\n".join(told)


def _living(base: str) -> Iterator[tuple[psutil.Process, str, str]]:
    """Yield the processes whose GROUNDPLAN_HOME lies under this session's folder."""
    for process in psutil.process_iter():
        try:
            home, line = process.environ().get("GROUNDPLAN_HOME", ""), " ".join(process.cmdline())
            dead = process.status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if home.startswith(f"{base}/") and not dead and process.pid != os.getpid():
            yield process, line, home
