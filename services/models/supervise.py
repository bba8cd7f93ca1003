"""The process behind a test server: builds the environment, starts the handler in its sandbox, watches it, ends it.

    python -m services.models.supervise KEY

It is started detached by `serving.start` and outlives the page that asked for it; nothing that it starts outlives it.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from services.models import durations, environment, last_words, sandbox, staging, wanted, watching
from services.models.installing import BuildFailed
from services.models.ledger import Ledger
from services.models.server_state import Job, folder_of, read_account, read_job
from services.processes import locks

LOAD = "Start and load the model"
SANDBOX = "Prepare the sandbox"


class Stopped(Exception):
    """Somebody has asked us to end."""


class Ended(Exception):
    """The server can't go on; the message says why."""

    def __init__(self, message: str, answer: str = "") -> None:
        super().__init__(message)
        self.answer = answer


def main(key: str) -> int:
    """Serve until idle, stopped or broken; the state file says how it ended."""
    job = read_job(key)
    if job is None:
        return 2
    try:
        lock = locks.take(folder_of(key) / "lock")
    except locks.LockHeld:
        return 0
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    left = read_account(key)  # of one that was killed
    shutil.rmtree(left.socket, ignore_errors=True) if left and left.socket else None
    ledger = Ledger(key, _steps(job))
    try:
        _serve(job, ledger)
        ledger.end("stopped", "It was not used for a while.")
    except Stopped:
        ledger.end("stopped", "It was stopped.")
    except (Ended, BuildFailed) as error:
        ledger.end("failed", str(error), error.answer)
    except (wanted.Unsupported, staging.CannotStage) as error:
        ledger.end("failed", str(error))
    except Exception as error:  # whatever it is, the page must say so
        ledger.end("failed", f"The test server failed: {type(error).__name__}: {error}")
    finally:
        lock.release()
    return 0


def _serve(job: Job, ledger: Ledger) -> None:
    isolation = job.isolation or sandbox.isolation()
    if job.overridden and isolation != "bubblewrap":
        raise Ended(f"A file that was let pass runs in bubblewrap or not at all. {sandbox.INSTALL}")
    ledger.note_isolation(isolation, job.memory_mb)
    built = _environment(job, ledger) if job.language == "python" else None
    ledger.begin(SANDBOX)
    # Not at home: a socket's path may have some 100 characters at most.
    socket = Path(tempfile.mkdtemp(prefix="groundplan-test-"))
    ledger.note_socket(socket)
    try:
        cast = staging.Cast(job.language, job.entry, job.files, Path(job.model), job.file_name)
        limits = sandbox.Limits(memory_mb=job.memory_mb)
        stage = staging.lay_out(cast, folder_of(job.key), socket, built, isolation, limits)  # type: ignore[arg-type]
        _run(job, stage, socket / "s", ledger)
    finally:
        shutil.rmtree(socket, ignore_errors=True)


def _environment(job: Job, ledger: Ledger) -> environment.Environment:
    asked = wanted.of_files(job.files)
    ledger.warn(asked.notes)
    ledger.expect(durations.of(asked.digest, environment.STEPS))
    had = environment.found(asked)
    built = environment.build(asked, ledger.progress)
    if had is None:
        durations.keep(asked.digest, ledger.took(environment.STEPS))
        environment.clean(spare=frozenset({built.path}))
    else:
        ledger.skip(environment.STEPS, "built before")
    ledger.note_environment(built.took_s)
    return built


def _run(job: Job, stage: staging.Stage, socket: Path, ledger: Ledger) -> None:
    folder = folder_of(job.key)
    home = folder / "tmp"
    home.mkdir(exist_ok=True)
    ledger.expect(durations.of(job.key, (LOAD,)))
    ledger.begin(LOAD, phase="starting")
    process = sandbox.start(stage.box, stage.command, home, subprocess.PIPE)
    watch = watching.Watch(process, folder / "log", stage.box.limits)
    try:
        began = time.monotonic()
        _await_ready(job, stage, socket, watch, began)
        ledger.ready(time.monotonic() - began)
        durations.keep(job.key, ledger.took((LOAD,)))
        _guard(job, watch, ledger)
    finally:
        watch.end()
        shutil.rmtree(home, ignore_errors=True)
        ledger.note_memory(watch.peak_mb)


def _await_ready(job: Job, stage: staging.Stage, socket: Path, watch: watching.Watch, began: float) -> None:
    """Ask until it answers; a handler that ends, takes too much or too long has failed."""
    while not watching.answers(socket, stage.ready_path):
        _check(job, watch)
        if time.monotonic() - began > job.init_within_s:
            raise Ended(
                f"The handler has not finished loading within {job.init_within_s:.0f} s and was ended. "
                "Look at what init() does; the log is below.",
            )
        time.sleep(0.05)


def _guard(job: Job, watch: watching.Watch, ledger: Ledger) -> None:
    """Watch a server that is ready until nobody has used it for a while, or until its folder has gone."""
    used = folder_of(job.key) / "used"
    used.touch()
    said = 0.0
    while used.exists() and time.time() - used.stat().st_mtime < job.idle_s:
        _check(job, watch)
        if watch.peak_mb > said:
            ledger.note_memory(watch.peak_mb)
            said = watch.peak_mb
        time.sleep(0.2)


def _check(job: Job, watch: watching.Watch) -> None:
    over = watch.over()
    if over:
        raise Ended(over)
    if watch.ended:
        text = watch.last_words()
        raise Ended(last_words.explain_end(text, watch.exit_code, job.memory_mb), last_words.last_error(text))


def _steps(job: Job) -> tuple[str, ...]:
    return (*(environment.STEPS if job.language == "python" else ()), SANDBOX, LOAD)


def _stop(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1]))
