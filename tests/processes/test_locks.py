"""The kernel's lock is the truth: what the file says counts only while somebody holds it."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.processes import leases, locks


@contextmanager
def holding(call: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that evaluates a call and holds what it returned."""
    code = f"from services.processes import leases, locks; from pathlib import Path; held = {call}\n"
    code += "print('held', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    with process:
        yield process
        process.kill()


def test_a_second_taker_learns_who_holds_the_lock(home: Path) -> None:
    """LockHeld carries the identity that the holder wrote."""
    lock = locks.take(home / "a.lock", target="rehearsal")
    lock.update(ready=True)
    with pytest.raises(locks.LockHeld) as refused:
        locks.take(home / "a.lock")
    assert refused.value.holder == locks.holder(home / "a.lock")
    assert (refused.value.holder.pid, refused.value.holder.target) == (os.getpid(), "rehearsal")
    assert refused.value.holder.ready
    lock.release()
    assert locks.holder(home / "a.lock") is None


def test_kill_minus_nine_frees_the_lock(home: Path) -> None:
    """The file still names the dead process; nobody holds the lock, and the next one takes it."""
    path = home / "a.lock"
    with holding(f"locks.take(Path({str(path)!r}))") as process:
        assert locks.holder(path) == locks.Holder(**json.loads(path.read_text()))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert json.loads(path.read_text())["pid"] == process.pid
        assert locks.holder(path) is None
    locks.take(path).release()


def test_the_pid_of_a_living_stranger_is_no_holder(home: Path) -> None:
    """A pid that was given to somebody else since does not make a dead lock live."""
    (home / "a.lock").write_text(json.dumps({"pid": os.getpid()}))
    assert locks.holder(home / "a.lock") is None


def test_a_holder_that_writes_nonsense_is_still_a_holder(home: Path) -> None:
    """Held is held; only the identity is unknown."""
    lock = locks.take(home / "a.lock")
    lock.path.write_text("nonsense")
    assert locks.holder(lock.path) == locks.Holder(pid=0)
    lock.release()


def test_looking_never_keeps_a_taker_out(home: Path) -> None:
    """Whoever looks holds a shared lock for an instant; a taker outwaits it."""
    with (home / "a.lock").open("w") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (looking, fcntl.LOCK_UN)).start()
        locks.take(home / "a.lock").release()


def test_a_new_holder_is_not_taken_for_the_dead_one(home: Path) -> None:
    """Once forgotten, the last holder's words are gone before the next one has written its own."""
    path = home / "a.lock"
    path.write_text(json.dumps({"pid": 1, "ready": True}))
    locks.forget(path)
    with path.open() as silent:
        fcntl.flock(silent, fcntl.LOCK_EX)
        assert locks.holder(path) is None
    living = locks.take(path)
    locks.forget(path)
    assert locks.holder(path) is not None
    living.release()


def test_the_last_lease_is_the_last(home: Path) -> None:
    """A lease of another process counts until that process dies, however it dies."""
    assert leases.last_out()
    mine = leases.take("web")
    with holding("leases.take('cli')") as process:
        assert [holder.target for holder in leases.living()] != ["web"]
        mine.release()
        assert [(holder.pid, holder.target) for holder in leases.living()] == [(process.pid, "cli")]
        process.kill()
        process.wait()
        assert leases.last_out()


def test_dead_leases_are_swept_and_living_ones_stay(home: Path) -> None:
    """Taking a lease removes the files of those that died."""
    living = leases.take("web")
    (home / "leases" / "dead.json").write_text("{}")
    newest = leases.take("web")
    assert set((home / "leases").iterdir()) == {living.path, newest.path}
    living.release()
    newest.release()
