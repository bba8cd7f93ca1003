"""A whole installation for runs: simulator and worker as real processes, driven by the command line."""

import json
import os
import signal
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.house import command, fresh_home


class Installation:
    """One GROUNDPLAN_HOME with its processes, seen from outside."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.home = Path(environment["GROUNDPLAN_HOME"])

    def started(self) -> "Installation":
        """Start simulator and worker, as any command does that needs them."""
        self.run("check", self.file("name: first"))
        return self

    def file(self, text: str) -> str:
        """Write a project file and give its path."""
        path = self.home / f"{abs(hash(text))}.yaml"
        path.write_text(text)
        return str(path)

    def run(self, *words: str) -> tuple[int, dict[str, Any], str]:
        """Run a command with --json: exit code, its document, what it said."""
        done = command(self.environment, *words, "--json")
        assert "Unclosed" not in done.stderr, "a connection was left open, and aiohttp tells the user so"
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr

    def apply(self, text: str) -> tuple[int, dict[str, Any], str]:
        """Apply a project file."""
        return self.run("apply", self.file(text))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call a control path of the simulator."""
        line = json.loads((self.home / "simulator" / "simulator.json").read_text())
        context = ssl.create_default_context(cafile=line["ca_bundle"])
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            line["endpoint"] + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return json.load(answer)

    def puts(self, project: str) -> list[str]:
        """The paths of every accepted PUT of a project's resources, in order."""
        seen = self.control("GET", "/_simulator/requests")
        paths = [r["path"].split("?")[0] for r in seen if r["method"] == "PUT" and (r["status"] or 500) < 300]
        return [p for p in paths if project in p]

    def kill_worker(self) -> None:
        """Kill the worker with -9."""
        lock = json.loads((self.home / "worker-rehearsal.lock").read_text())
        os.kill(lock["pid"], signal.SIGKILL)


def states(document: dict[str, Any]) -> dict[str, str]:
    """Key -> state of a run's document."""
    return {r["key"]: r["state"] for r in document["resources"]}


def until(condition: Callable[[], bool], within: float = 30) -> None:
    """Wait for a condition to come about."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


# What a user's shell may hold, and what must not lead us anywhere else than where the project goes.
ELSEWHERE = {"AZUREML_CURRENT_CLOUD": "SomebodyElsesCloud", "AZURE_CLOUD": "AzureChinaCloud"}


@pytest.fixture(scope="session")
def house() -> Iterator[Installation]:
    """An installation at pace 0 that the tests of a process share; each test has a project of its own."""
    with fresh_home(0) as environment:
        yield Installation(environment | ELSEWHERE).started()


@pytest.fixture(scope="session")
def slow_house() -> Iterator[Installation]:
    """The same for runs that take a few seconds; whoever kills a process of it starts it again."""
    with fresh_home(0.05) as environment:
        yield Installation(environment).started()
