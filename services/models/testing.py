"""Tests of models on this machine, each in a process of its own, so that a closed tab, F5 or a killed server lose none."""

import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from services.models import candidate, records, serving, test_state
from services.models.server_state import write
from services.models.serving import NotAllowed, NotServing
from services.models.test_state import Account, Job, Kind, Testing, folder_of, read_account, read_job
from services.processes import locks, spawn

PROGRAM = "services.models.test_process"
_SPAWN_S = 10.0  # between noting what is to be done and knowing the number of the process that does it
_STOP_WITHIN_S = 5.0


class Busy(Exception):
    """The model is being tested already; the message says so."""


def start(model_id: str, by: str, kind: Kind = "test") -> None:
    """Test a model on its ready server, or record its answers as the golden set, in the background; `state` follows it.

    `by` is who is noted in the project's history. Raises `Busy`, `NotServing`, `NotAllowed`, `ModelMissing`.
    """
    tested = candidate.of_record(records.get(model_id))
    if not tested.allowed:
        raise NotAllowed(tested.refusal)
    server = serving.state(tested.server_key)
    if server is None or server.phase != "ready":
        raise NotServing("The test server does not run. Start it first.")
    folder = folder_of(model_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locks.exclusive(folder.parent / "start.lock", within=30):
        now = state(model_id)
        if now and now.running:
            raise Busy("This model is being tested already. Wait for the end, or cancel it.")
        _begin(folder, Job(model_id, kind, tested.key, by, time.time()))


def state(model_id: str) -> Testing | None:
    """How the last test or recording of a model is; None when there never was one."""
    job = read_job(model_id)
    if job is None:
        return None
    alive = _alive(job)  # asked first: the last word is written before the end
    return test_state.view(job, read_account(model_id) or Account(), alive)


def cancel(model_id: str) -> None:
    """End a test or recording; nothing is recorded. One that has just ended by itself stays as it is."""
    job = read_job(model_id)
    process = _process(job) if job else None
    if job and process:
        spawn.stop(process.pid, lambda: _process(job) is not None, _STOP_WITHIN_S)
        account = read_account(model_id) or Account()
        if account.phase == "running":  # it was ended before it could say a word
            ended = {"phase": "cancelled", "why": test_state.CANCELLED, "ended_at": time.time()}
            write(folder_of(model_id) / "state.json", vars(account) | ended)


def forget(model_id: str) -> None:
    """End what goes on and remove its files: the model goes."""
    cancel(model_id)
    shutil.rmtree(folder_of(model_id), ignore_errors=True)


def _begin(folder: Path, job: Job) -> None:
    locks.forget(folder / "lock")
    for path in folder.iterdir():
        if path.name != "lock":
            path.unlink()
    test_state.write_job(job)
    child = spawn.detached("model-test", [sys.executable, "-m", PROGRAM, job.model_id])
    write(folder / "pid.json", child.pid)


def _alive(job: Job) -> bool:
    """Whether a process works on it, or is about to."""
    begun = read_account(job.model_id) is not None  # read first: it is written under the lock
    if locks.holder(folder_of(job.model_id) / "lock"):
        return True
    age = time.time() - job.began_at
    return not begun and (_process(job) is not None if _pid(job) else age < _SPAWN_S)


def _process(job: Job) -> psutil.Process | None:
    """The process that was started for it, while it lives."""
    with suppress(psutil.Error):
        process = psutil.Process(_pid(job))
        if [PROGRAM, job.model_id] == process.cmdline()[-2:]:
            return process
    return None


def _pid(job: Job) -> int:
    """Its number, 0 in the instant before it is known."""
    try:
        return int((folder_of(job.model_id) / "pid.json").read_text())
    except (OSError, ValueError):
        return 0
