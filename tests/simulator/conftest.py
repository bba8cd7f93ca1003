"""A simulator in a process of its own, spoken to over the wire: by the real SDKs, or by plain HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPMessage, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from azure.identity import ClientSecretCredential

ROOT = Path(__file__).parents[2]
VERSION = "2025-04-01"


@dataclass
class Answer:
    """What came back: status, headers without regard to case, and the body as JSON where it is."""

    status: int
    headers: HTTPMessage
    body: Any

    @property
    def code(self) -> str:
        """The code in ARM's error envelope."""
        return str(self.body["error"]["code"])


@dataclass
class Running:
    """A simulator that runs, and plain HTTP to it."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def subscription(self) -> str:
        """The first subscription's path."""
        return f"/subscriptions/{self.ready['subscription_id']}"

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        """Send one request with exactly these headers and return its answer."""
        port = int(self.ready["endpoint"].rsplit(":", 1)[1])
        trust = ssl.create_default_context(cafile=self.ready["ca_bundle"])
        connection = HTTPSConnection("127.0.0.1", port, context=trust, timeout=30)
        payload = data if data is not None else json.dumps(body).encode() if body is not None else None
        kind = {"Content-Type": "application/json"} if payload is not None else {}
        try:
            connection.request(method, path, payload, {**kind, **(headers or {})})
            response = connection.getresponse()
            text = response.read()
            is_json = "json" in (response.headers.get("Content-Type") or "")
            return Answer(
                response.status, response.headers, json.loads(text) if is_json and text else text or None
            )
        finally:
            connection.close()

    def token(self) -> str:
        """Sign in once, by the wire."""
        if not self.tokens:
            form = {"grant_type": "client_credentials", "client_id": self.ready["client_id"]}
            form |= {
                "client_secret": self.ready["client_secret"],
                "scope": self.ready["endpoint"] + "/.default",
            }
            path = f"/{self.ready['tenant_id']}/oauth2/v2.0/token"
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            self.tokens["arm"] = self.raw("POST", path, data=urlencode(form).encode(), headers=kind).body[
                "access_token"
            ]
        return self.tokens["arm"]

    def arm(self, method: str, path: str, body: Any = None, version: str = VERSION, **headers: str) -> Answer:
        """Send one request with token and api-version; ``path`` may already hold a query or be a whole URL."""
        path = path.removeprefix(self.ready["endpoint"]).replace(" ", "%20")
        if "api-version=" not in path:
            path += ("&" if "?" in path else "?") + f"api-version={version}"
        return self.raw(method, path, body, {"Authorization": f"Bearer {self.token()}", **headers})

    def group(self, name: str = "rg-test", location: str = "westeurope") -> str:
        """Create a resource group and return its path."""
        path = f"{self.subscription}/resourceGroups/{name}"
        assert self.arm("PUT", path, {"location": location}).status in {200, 201}
        return path

    def control(self, method: str, path: str, body: Any = None) -> Answer:
        """Use a control path."""
        return self.raw(method, f"/_simulator/{path}", body, {"Content-Type": "application/json"})

    def writes(self) -> list[dict[str, Any]]:
        """Return the journal."""
        return list(self.control("GET", "requests").body)

    def credential(self) -> ClientSecretCredential:
        """Return azure-identity's credential for it."""
        ready = self.ready
        return ClientSecretCredential(
            ready["tenant_id"],
            ready["client_id"],
            ready["client_secret"],
            authority=ready["endpoint"],
            disable_instance_discovery=True,
            connection_verify=ready["ca_bundle"],
        )

    def client(self, kind: type[Any], **more: Any) -> Any:
        """Return an SDK's client for it; the SDK is as it comes."""
        return kind(self.credential(), self.ready["subscription_id"], **self.options(), **more)

    def options(self) -> dict[str, Any]:
        """Return what points an SDK's client here."""
        endpoint = self.ready["endpoint"]
        return {
            "base_url": endpoint,
            "credential_scopes": [endpoint + "/.default"],
            "connection_verify": self.ready["ca_bundle"],
            "polling_interval": 0.1,
        }

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        self.process.send_signal(how)
        self.process.communicate(timeout=10)
        return self.process.returncode


Start = Callable[..., Running]


def launch(folder: Path, *options: str, home: Path | None = None) -> subprocess.Popen[str]:
    """Start the program and return at once."""
    environment = {**os.environ, "GROUNDPLAN_HOME": str(home or folder)}
    state = [] if home else ["--state", str(folder)]
    command = [sys.executable, "-m", "simulator", "serve", *state, *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


def ready(process: subprocess.Popen[str], folder: Path) -> Running:
    """Wait for the ready line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate()[1])
    return Running(process, json.loads(line), folder)


@pytest.fixture(scope="module")
def start_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start simulators that live as long as a test file."""
    yield from _starter(tmp_path_factory.mktemp("simulator"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start simulators that live as long as one test."""
    yield from _starter(tmp_path)


@pytest.fixture(scope="module")
def simulator(start_module: Start) -> Running:
    """One simulator at pace 0 for a whole test file."""
    return start_module("--pace", "0")


@pytest.fixture
def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _starter(folder: Path) -> Iterator[Start]:
    running: list[Running] = []

    def start(*options: str, state: Path | None = None) -> Running:
        running.append(ready(launch(state or folder, *options), state or folder))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()
