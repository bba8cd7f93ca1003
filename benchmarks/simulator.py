"""The simulator by itself: start, memory, requests a second, and a whole provisioning through the SDKs at pace 0."""

import http.client
import json
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import psutil

from benchmarks.house import REPOSITORY

REQUESTS = 400
HERE = {"location": "westeurope"}


def measure() -> dict[str, Any]:
    """Start a simulator on a folder of its own and measure it.

    `start_ms` is from the command to the ready line on a fresh folder, `restart_ms` on one that is there already;
    `get_*` and `put_*` are requests a second over https with 1 and 8 clients, each on one connection; `nine_resources_s`
    is a provisioning through azure-mgmt-resource, its import not counted.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with _running(folder) as (_, start_ms):
            pass
        with _running(folder) as (ready, restart_ms):
            figures: dict[str, Any] = {"start_ms": round(start_ms), "restart_ms": round(restart_ms)}
            figures["rss_mb"] = round(psutil.Process(ready["pid"]).memory_info().rss / 1e6, 1)
            for clients in (1, 8):
                figures[f"get_{clients}"] = round(_rate(ready, clients, _get))
                figures[f"put_{clients}"] = round(_rate(ready, clients, _put))
            figures["nine_resources_s"] = round(_provision(ready), 2)
            figures["rss_after_mb"] = round(psutil.Process(ready["pid"]).memory_info().rss / 1e6, 1)
    return figures


@contextmanager
def _running(folder: str) -> Iterator[tuple[dict[str, Any], float]]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "simulator", "serve", "--state", folder, "--pace", "0"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    took = (time.perf_counter() - began) * 1000
    try:
        yield json.loads(line), took
    finally:
        process.terminate()
        process.communicate()


def _rate(ready: dict[str, Any], clients: int, ask: Callable[..., None]) -> float:
    """Requests a second, all clients together."""
    token, each = _token(ready), REQUESTS // clients
    threads = [
        threading.Thread(target=_client, args=(ready, token, number, each, ask)) for number in range(clients)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients * each / (time.perf_counter() - began)


def _client(ready: dict[str, Any], token: str, number: int, count: int, ask: Callable[..., None]) -> None:
    connection = _connect(ready)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    root = f"/subscriptions/{ready['subscription_id']}/resourceGroups/rg-shared-data"
    for turn in range(count):
        ask(connection, headers, root, f"{number}-{turn}")
    connection.close()


def _get(connection: http.client.HTTPSConnection, headers: dict[str, str], root: str, name: str) -> None:
    path = f"{root}/providers/Microsoft.KeyVault/vaults/kv-shared-data?api-version=2023-07-01"
    connection.request("GET", path, headers=headers)
    _read(connection)


def _put(connection: http.client.HTTPSConnection, headers: dict[str, str], root: str, name: str) -> None:
    body = json.dumps({**HERE, "kind": "web", "properties": {"Application_Type": "web"}})
    path = f"{root}/providers/Microsoft.Insights/components/appi-{name}?api-version=2020-02-02"
    connection.request("PUT", path, body, headers)
    _read(connection)


def _read(connection: http.client.HTTPSConnection) -> None:
    response = connection.getresponse()
    response.read()
    assert response.status == 200, response.status


def _connect(ready: dict[str, Any]) -> http.client.HTTPSConnection:
    trust = ssl.create_default_context(cafile=ready["ca_bundle"])
    return http.client.HTTPSConnection("127.0.0.1", int(ready["endpoint"].rsplit(":", 1)[1]), context=trust)


def _token(ready: dict[str, Any]) -> str:
    form = {"grant_type": "client_credentials", "scope": ready["endpoint"] + "/.default"}
    form |= {key: ready[key] for key in ("client_id", "client_secret")}
    connection = _connect(ready)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/{ready['tenant_id']}/oauth2/v2.0/token", urlencode(form), kind)
    token: str = json.loads(connection.getresponse().read())["access_token"]
    return token


def _provision(ready: dict[str, Any]) -> float:
    """Seconds for nine resources by the SDKs, which no room but the cloud's imports: so in a process of its own."""
    command = [sys.executable, "-m", "tests.simulator.provision"]
    done = subprocess.run(
        command, cwd=REPOSITORY, input=json.dumps(ready), capture_output=True, text=True, check=True
    )
    return float(done.stdout)
