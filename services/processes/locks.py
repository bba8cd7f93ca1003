"""Locks that end with their process: the file says who holds one, the kernel's flock whether anybody does."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.processes.home import code_version, database_name

_PROBE_S = 0.5  # how long a taker outwaits those who only look (they hold a shared lock for an instant)


@dataclass(frozen=True)
class Holder:
    """Who holds a lock. An unreadable file has pid 0: held, but by whom is not known."""

    pid: int
    code_version: str | None = None
    database: str | None = None
    target: str | None = None
    started_at: str | None = None
    ready: bool = False


class LockHeld(Exception):
    """Another process holds the lock."""

    def __init__(self, path: Path, held_by: Holder) -> None:
        super().__init__(f"{path.name} is held by process {held_by.pid or 'unknown'}")
        self.path = path
        self.holder = held_by


class Lock:
    """An exclusive lock, held until `release` or the end of the process, however that comes."""

    def __init__(self, path: Path, descriptor: int, content: dict[str, Any]) -> None:
        self.path = path
        self._descriptor = descriptor
        self._content = content
        self.update()

    def update(self, **changes: Any) -> None:
        """Rewrite what the file says about the holder, such as `ready=True`."""
        self._content |= changes
        text = json.dumps(self._content).encode()
        os.pwrite(self._descriptor, text, 0)
        os.ftruncate(self._descriptor, len(text))

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._descriptor < 0:
            return
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = -1


def take(path: Path, target: str | None = None) -> Lock:
    """Take the lock at once and write this process's identity into it, or raise LockHeld."""
    return _take(path, _PROBE_S, target)


def holder(path: Path) -> Holder | None:
    """Return who holds the lock now, None when nobody does, whatever the file still says.

    An empty file is not looked at closer: its holder, if any, has only begun, and looking could keep it out.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if os.fstat(descriptor).st_size:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    finally:
        os.close(descriptor)
    return None


def forget(path: Path) -> None:
    """Empty the file of a lock that nobody holds, so that its next holder is not taken for the last one.

    Between the kernel's lock and the holder's first word, a reader would find what the dead one wrote.
    """
    with suppress(FileNotFoundError, BlockingIOError), path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)


def sweep(path: Path) -> None:
    """Remove the file of a lock that nobody holds; it is held meanwhile, so that a taker notices."""
    with suppress(FileNotFoundError, BlockingIOError), path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


@contextmanager
def exclusive(path: Path, within: float) -> Iterator[None]:
    """Hold the lock around a block, waiting up to `within` seconds for it; raise LockHeld after that."""
    lock = _take(path, within, None)
    try:
        yield
    finally:
        lock.release()


def _take(path: Path, within: float, target: str | None) -> Lock:
    identity = _identity(
        target
    )  # before the lock: what is slow here would leave the file unwritten meanwhile
    descriptor = _lock(path, within)
    if descriptor is None:
        raise LockHeld(path, holder(path) or Holder(pid=0))
    return Lock(path, descriptor, identity)


def _lock(path: Path, within: float) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + within
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(0.02)


def _identity(target: str | None) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "code_version": code_version(),
        "database": database_name(),
        "target": target,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ready": False,
    }


def _read(path: Path) -> Holder:
    """Read the holder's identity; a file caught in mid-write is read again."""
    for _ in range(5):
        with suppress(ValueError, TypeError, OSError):
            content = json.loads(path.read_text())
            if isinstance(content, int):  # the simulator, which knows nothing of us, writes its pid alone
                return Holder(pid=content)
            return Holder(**{key: content[key] for key in Holder.__dataclass_fields__ if key in content})
        time.sleep(0.02)
    return Holder(pid=0)
