"""What a start, a stop, a crash and a second start do."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.simulator.conftest import Running, Start, launch, ready

HERE = {"location": "westeurope"}


def account(running: Running, name: str) -> tuple[str, dict[str, Any]]:
    """A storage account's path and body."""
    path = f"{running.subscription}/resourceGroups/rg-shared-data/providers/Microsoft.Storage/storageAccounts/{name}"
    return path, {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}


def test_ready_line_stands_in_the_folder_and_goes_with_the_simulator(tmp_path: Path) -> None:
    """The same line on stdout and in $GROUNDPLAN_HOME/simulator, private, gone after a clean stop, which is quick."""
    process = launch(tmp_path, home=tmp_path)
    running = ready(process, tmp_path)
    file = tmp_path / "simulator" / "simulator.json"
    assert json.loads(file.read_text()) == running.ready
    assert set(running.ready) >= {
        "endpoint",
        "ca_bundle",
        "tenant_id",
        "subscription_id",
        "client_id",
        "client_secret",
    }
    assert running.ready["pid"] == process.pid
    assert running.ready["pace"] == 0.1
    for name in ("simulator.json", "ca.key", "server.pem", "identity.json", "state.sqlite"):
        assert stat.S_IMODE((tmp_path / "simulator" / name).stat().st_mode) == 0o600, name
    running.group()
    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began < 1
    assert not file.exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stop_does_not_wait_for_slow_requests(start: Start, how: signal.Signals) -> None:
    """A request in flight does not keep it from stopping."""
    running = start()
    running.token()
    running.control("POST", "faults", {"match": {"method": "PUT"}, "do": {"delay": 60}})
    path, body = account(running, "stinflight")

    def wait() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            running.arm("PUT", path, body)

    client = threading.Thread(target=wait)
    client.start()
    while not running.control("GET", "faults").body[0]["seen"]:
        pass
    began = time.monotonic()
    assert running.stop(how) == 0
    assert time.monotonic() - began < 1.5
    client.join(5)


def test_restart_keeps_port_secrets_authority_and_resources(start: Start) -> None:
    """Clients that hold an address, a token or the bundle go on as if nothing had been."""
    first = start("--pace", "0")
    bundle, token = Path(first.ready["ca_bundle"]).read_bytes(), first.token()
    first.group("rg-kept")
    first.stop()
    second = start("--pace", "0")
    assert {**second.ready, "pid": 0} == {**first.ready, "pid": 0}
    assert Path(second.ready["ca_bundle"]).read_bytes() == bundle
    second.tokens["arm"] = token
    assert second.arm("GET", f"{second.subscription}/resourceGroups/rg-kept").status == 200
    assert [one["method"] for one in second.writes()] == ["PUT"]


def test_operation_goes_on_after_kill(start: Start) -> None:
    """kill -9 while an SDK is waiting; a new process, a new client, the old token: the same result."""
    first = start("--pace", "0.1")
    path, body = account(first, "stsurvivor")
    with first.client(ResourceManagementClient) as client:
        poller = client.resources.begin_create_or_update_by_id(path, body, api_version="2023-01-01")
        token = poller.continuation_token()
        first.stop(signal.SIGKILL)
    second = start("--pace", "0.1")
    with second.client(ResourceManagementClient) as client:
        poller = client.resources.begin_create_or_update_by_id(
            path, {}, api_version="2023-01-01", continuation_token=token
        )
        assert poller.result().id == path
    assert [one["path"] for one in second.writes()] == [path], "nothing was put twice"


def test_clock_runs_while_the_simulator_does_not(start: Start) -> None:
    """An operation's end is a moment, not a countdown."""
    first = start("--pace", "0.05")
    path, body = account(first, "stclock")
    first.arm("PUT", path, body)
    assert first.arm("GET", path).body["properties"]["provisioningState"] == "Creating"
    first.stop(signal.SIGKILL)
    time.sleep(1.2)  # 23 s x 0.05
    second = start("--pace", "0.05")
    assert second.arm("GET", path).body["properties"]["provisioningState"] == "Succeeded"


def test_kill_leaves_no_half_made_resource(start: Start) -> None:
    """Killed between many writes: every account that is there is whole, and is in the journal."""
    running = start("--pace", "0")
    running.token()
    for number in range(12):
        path, body = account(running, f"stkill{number}")
        running.arm("PUT", path, body)
    running.stop(signal.SIGKILL)
    with sqlite3.connect(running.folder / "state.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again = start("--pace", "0")
    found = {
        one["name"] for one in again.control("GET", "resources").body if one["name"].startswith("stkill")
    }
    assert found == {one["path"].rsplit("/", 1)[1] for one in again.writes()}
    assert len(found) == 12


def test_second_simulator_is_refused(start: Start, tmp_path: Path) -> None:
    """One a folder; the second says so in one line and ends with 1."""
    first = start()
    second = launch(tmp_path)
    out, err = second.communicate(timeout=10)
    assert (second.returncode, out) == (1, "")
    assert f"already running on {tmp_path} (pid {first.process.pid})" in err
    assert err.count("\n") == 1


def test_port_in_use_is_refused_and_never_moves(start: Start, tmp_path: Path) -> None:
    """The remembered port is taken meanwhile: one line, exit 1, no other port."""
    first = start()
    port = int(first.ready["endpoint"].rsplit(":", 1)[1])
    first.stop()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        second = launch(tmp_path)
        out, err = second.communicate(timeout=10)
    assert (second.returncode, out) == (1, "")
    assert f"port {port} is in use by another program; stop it or" in err
    assert err.count("\n") == 1
    assert int(start().ready["endpoint"].rsplit(":", 1)[1]) == port


def test_chosen_port_and_seed(start: Start, tmp_path: Path, free_port: int) -> None:
    """--port is used and remembered; another seed is another tenant, and does not mix with the first."""
    first = start("--port", str(free_port))
    assert first.ready["endpoint"] == f"https://127.0.0.1:{free_port}"
    first.stop()
    other = launch(tmp_path, "--seed", "7")
    assert "--seed 0" in other.communicate(timeout=10)[1]
    assert other.returncode == 1
    elsewhere = start("--seed", "7", state=tmp_path / "seven")
    assert elsewhere.ready["subscription_id"] != first.ready["subscription_id"]


def test_broken_certificates_are_made_anew(start: Start, tmp_path: Path) -> None:
    """A key that does not fit its certificate is no reason to stay away."""
    start().stop()
    (tmp_path / "server.pem").write_text("nonsense")
    assert start("--pace", "0").arm("GET", "/subscriptions").status == 200


@pytest.mark.parametrize(
    "options", [["--port", "70000"], ["--pace", "-1"], ["--pace", "nan"], ["--seed", "x"]]
)
def test_bad_arguments(tmp_path: Path, options: list[str]) -> None:
    """Exit code 2 and the reason."""
    process = launch(tmp_path, *options)
    assert options[0] in process.communicate(timeout=10)[1]
    assert process.returncode == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """One line, exit 1."""
    tmp_path.chmod(0o500)
    process = launch(tmp_path / "state")
    assert "cannot be used" in process.communicate(timeout=10)[1]
    assert process.returncode == 1


def test_state_that_is_no_database(tmp_path: Path) -> None:
    """A damaged file: one line that says what to do."""
    (tmp_path / "state.sqlite").write_bytes(b"this is no database" * 100)
    process = launch(tmp_path)
    err = process.communicate(timeout=10)[1]
    assert "cannot be used" in err
    assert process.returncode == 1
    assert "Traceback" not in err


def test_two_clients_at_once(start: Start) -> None:
    """Eight clients on one account and on their own: one creates it, the others are told, nobody gets half of it."""
    running = start("--pace", "0.01")
    running.token()
    shared, body = account(running, "stshared")
    told: list[tuple[int, int]] = []

    def work(number: int) -> None:
        own, _ = account(running, f"stown{number}")
        told.append((running.arm("PUT", shared, body).status, running.arm("PUT", own, body).status))

    clients = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(20)
    assert [status for _, status in told] == [202] * 8
    assert sorted({status for status, _ in told}) in ([202, 409], [200, 202, 409], [200, 202])
    assert [status for status, _ in told].count(202) == 1
    written = {one["path"].rsplit("/", 1)[1] for one in running.writes()}
    assert written == {"stshared", *(f"stown{number}" for number in range(8))}
