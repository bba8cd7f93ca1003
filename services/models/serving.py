"""Test servers on this machine: start one for a candidate, look at it, ask it, stop it. Each has a process of its own."""

import contextlib
import http.client
import json
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from services.models import server_state, watching
from services.models.candidate import Candidate
from services.models.server_state import Account, Job, ServerState, folder_of, read_account, read_job
from services.processes import locks, spawn

MOST = 2  # servers at once
KEPT = 12  # folders of servers that have ended
ANSWER_WITHIN_S = 30.0
_START_WITHIN_S = 20.0
_STOP_WITHIN_S = 10.0


class NotAllowed(Exception):
    """A candidate may not be run here; the message says why and what to do."""


class NotServing(Exception):
    """There is no server that could answer; the message says why."""


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status, the body (JSON where it is JSON, else text), and the milliseconds that it took."""

    status: int
    body: Any
    ms: float
    headers: Mapping[str, str]


def start(candidate: Candidate, project_id: str, **settings: Any) -> str:
    """Serve a candidate, or go on serving it, and give the server's key; `settings` are those of `Job`.

    Returns once the supervisor has begun; `state` tells how far it is. Raises `NotAllowed` and `FileMissing`.
    """
    if not candidate.allowed:
        raise NotAllowed(candidate.refusal)
    key = candidate.server_key
    server_state.servers().mkdir(mode=0o700, parents=True, exist_ok=True)
    with locks.exclusive(server_state.servers() / "start.lock", within=60):
        before = read_job(key) if _alive(key) else None
        ids = tuple(dict.fromkeys((*(before.project_ids if before else ()), project_id)))
        if before:
            server_state.write_job(Job(**(vars(before) | {"project_ids": ids})))
            _touch(key)
            return key
        _make_room()
        _begin(_job(candidate, key, ids, settings))
    return key


def state(key: str) -> ServerState | None:
    """How a server is; None when there never was one under this key (or its remains have been swept)."""
    account = read_account(key)
    return None if account is None else server_state.view(key, account, read_job(key), _alive(key))


def every(project_id: str | None = None) -> list[ServerState]:
    """The servers of a project (of all projects without one), the one begun last first."""
    keys = [path.parent.name for path in server_state.servers().glob("*/state.json")]
    found = [
        one for key in keys if (one := state(key)) and (project_id is None or project_id in one.project_ids)
    ]
    return sorted(found, key=lambda one: -one.began_at)


def stop(key: str) -> None:
    """End a server, or its building, with everything that belongs to it; nothing happens when there is none."""
    lock = folder_of(key) / "lock"
    holder = locks.holder(lock)
    if holder and holder.pid:
        ending = psutil.Process(holder.pid) if psutil.pid_exists(holder.pid) else None
        spawn.stop(
            holder.pid,
            lambda: (now := locks.holder(lock)) is not None and now.pid == holder.pid,
            _STOP_WITHIN_S,
        )
        psutil.wait_procs([ending] if ending else [], timeout=_STOP_WITHIN_S)
    _sweep_socket(key)


def stop_all() -> None:
    """End every test server of this installation."""
    for path in server_state.servers().glob("*/lock"):
        stop(path.parent.name)


def ask(key: str, request: Any, within_s: float = ANSWER_WITHIN_S) -> Answer:
    """Send one scoring request, as JSON (text goes as it is), and give the answer, whatever its status.

    A handler that does not answer in time is ended: it would answer nobody else. Raises `NotServing`.
    """
    account = read_account(key)
    if account is None or account.phase != "ready" or not account.socket or not _alive(key):
        raise NotServing("The test server does not run. Start it first.")
    _touch(key)
    body = request if isinstance(request, str) else json.dumps(request, ensure_ascii=False)
    try:
        return _post(account, body.encode("utf-8", "surrogatepass"), within_s)
    except TimeoutError:
        stop(key)
        _note_end(key, account, f"The handler did not answer within {within_s:.0f} s and was ended.")
        raise NotServing(
            f"The handler did not answer within {within_s:.0f} s and was ended. Look at its run()."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise NotServing(
            f"The test server gave no answer ({type(error).__name__}). {_why(key)}".strip()
        ) from None


def socket_of(key: str) -> Path:
    """The Unix socket of a server that is ready: for who speaks HTTP himself. Raises `NotServing`."""
    account = read_account(key)
    if account is None or not account.socket:
        raise NotServing("The test server does not run. Start it first.")
    return Path(account.socket) / "s"


def _post(account: Account, body: bytes, within_s: float) -> Answer:
    connection = watching.OverSocket(Path(account.socket) / "s", within_s)
    began = time.perf_counter()
    try:
        connection.request("POST", "/score", body=body, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        took = (time.perf_counter() - began) * 1000
        return Answer(response.status, _read(text), round(took, 3), dict(response.getheaders()))
    finally:
        connection.close()


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _job(candidate: Candidate, key: str, ids: tuple[str, ...], settings: Mapping[str, Any]) -> Job:
    handler = candidate.handler
    return Job(
        key=key, language=handler.language, entry=handler.entry, files=dict(handler.files), model=str(candidate.path),
        file_name=candidate.file_name, overridden=candidate.overridden, project_ids=ids, **settings,
    )  # fmt: skip


def _begin(job: Job) -> None:
    """Start the supervisor and wait for its first word."""
    folder = folder_of(job.key)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sweep_socket(job.key)
    server_state.write_job(job)
    (folder / "state.json").unlink(missing_ok=True)
    locks.forget(folder / "lock")
    child = spawn.detached("model-server", [sys.executable, "-m", "services.models.supervise", job.key])
    deadline = time.monotonic() + _START_WITHIN_S
    while read_account(job.key) is None:
        if child.poll() is not None or time.monotonic() > deadline:
            raise NotServing(f"The test server did not start:\n{spawn.last_lines('model-server')}")
        time.sleep(0.02)


def _make_room() -> None:
    """Two servers are enough for a machine: the one used longest ago goes. What ended long ago is swept."""
    known = every()
    live = sorted((one for one in known if one.live), key=lambda one: _used(one.key))
    for one in live[: max(0, len(live) - MOST + 1)]:
        stop(one.key)
    for one in [one for one in known if not one.live][KEPT:]:
        shutil.rmtree(folder_of(one.key), ignore_errors=True)


def _alive(key: str) -> bool:
    return locks.holder(folder_of(key) / "lock") is not None


def _touch(key: str) -> None:
    with contextlib.suppress(OSError):
        (folder_of(key) / "used").touch()


def _used(key: str) -> float:
    try:
        return (folder_of(key) / "used").stat().st_mtime
    except OSError:
        return time.time()  # it is being built


def _why(key: str) -> str:
    now = state(key)
    return now.why if now else ""


def _note_end(key: str, account: Account, why: str) -> None:
    server_state.write(
        folder_of(key) / "state.json", vars(account) | {"phase": "failed", "why": why, "socket": ""}
    )


def _sweep_socket(key: str) -> None:
    """Remove the socket's folder that a killed supervisor has left."""
    account = read_account(key)
    if account and account.socket and not _alive(key):
        shutil.rmtree(account.socket, ignore_errors=True)
