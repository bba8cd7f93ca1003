"""Start a process that outlives us, and stop one: what touches signals, sessions and log files."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from services.processes.home import REPOSITORY, home

_ROTATE_BYTES = 5_000_000
_FRESH = "--- started by Groundplan ---"


def detached(name: str, command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a command in a session of its own, in the repository, its output appended to `<home>/logs`."""
    environment = os.environ | {"GROUNDPLAN_HOME": str(home()), "PYTHONUNBUFFERED": "1"}
    with _rotated(log_path(name)).open("ab") as log:
        log.write(f"{_FRESH}\n".encode())
        log.flush()
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env=environment,
            start_new_session=True,
        )
    threading.Thread(target=child.wait, name=f"reap-{name}", daemon=True).start()  # leaves no zombie
    return child


def log_path(name: str) -> Path:
    """Return where a process of this name writes its log."""
    return home() / "logs" / f"{name}.log"


def last_lines(name: str, count: int = 12) -> str:
    """Return the end of a process's log since its last start, for the message that it did not start."""
    with suppress(OSError), log_path(name).open(errors="replace") as log:
        return "".join(deque(log, maxlen=count)).rpartition(_FRESH)[2].strip()
    return ""


def stop(pid: int, alive: Callable[[], bool], within: float) -> None:
    """Ask a process to end and wait up to `within` seconds; after that it is killed with its children."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if not _ended(alive, within):
        _kill(pid)
        _ended(alive, 5)


def _ended(alive: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _kill(pid: int) -> None:
    """Kill a process, with its group where it leads one (what we start does)."""
    with suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)


def _rotated(path: Path) -> Path:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > _ROTATE_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path
