"""Start what is missing, adopt what runs, stop what we started: one decision at a time on one machine."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services.processes import family, leases, locks, spawn
from services.processes.family import Commands, Member
from services.processes.home import HomeError, home

START_WITHIN_S = 60.0
DRAIN_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0

_children: dict[Path, "subprocess.Popen[bytes]"] = {}  # by the lock that each is to take
_errors: dict[str, str] = {}


class LaunchError(Exception):
    """A process could not be started; the message holds the end of its log and what to do."""


@dataclass(frozen=True)
class Started:
    """What a target runs on: process ids by name, and which of them this call started."""

    target: str
    pids: dict[str, int]
    fresh: tuple[str, ...]


@dataclass(frozen=True)
class ProcessStatus:
    """One process of the installation, for a status page. Nobody there: pid None, not alive."""

    name: str
    pid: int | None
    alive: bool
    code_version: str | None
    since: str | None


def ensure(target: str, commands: Commands | None = None, give_up: threading.Event | None = None) -> Started:
    """Return once the processes of a target ("rehearsal" or "azure") are ready; start those that are missing.

    Safe from several threads and processes at once. A worker of another code version or database is
    drained and replaced. Setting `give_up` ends the wait.
    Raises LaunchError or HomeError, which `last_error` repeats.
    """
    try:
        with _turn():
            started = _bring_up(target, family.members(target, commands), give_up or threading.Event())
    except (LaunchError, HomeError) as error:
        _errors[target] = str(error)
        raise
    except OSError as error:
        _errors[target] = f"Groundplan's processes could not be started: {error}"
        raise LaunchError(_errors[target]) from error
    _errors.pop(target, None)
    return started


def last_error(target: str) -> str | None:
    """Return why the last `ensure` of this process failed for a target, None when it did not."""
    return _errors.get(target)


def leave(lease: locks.Lock) -> bool:
    """Give a lease back; the last one out stops what Groundplan started, and is told that it was the last."""
    with _turn():
        lease.release()
        last = leases.last_out()
        if last:
            _stop_ours()
        return last


def stop_all() -> None:
    """Stop every process that Groundplan started here; one that somebody started by hand goes on."""
    with _turn():
        _stop_ours()


def status() -> list[ProcessStatus]:
    """Return the installation's processes: simulator and workers, then who holds a lease on them."""
    background = [_status(member.name, member.holder()) for member in reversed(family.every_member())]
    return background + [_status(holder.target or "lease", holder) for holder in leases.living()]


def readiness(target: str) -> dict[str, bool]:
    """Return which of the processes that a target needs are ready: {"simulator": bool, "worker": bool}."""
    try:
        members = family.members(target)
    except HomeError:  # nothing can run; the page shows `last_error`
        return {"simulator": False, "worker": False}
    return {member.name.partition("-")[0]: _is_ready(member) for member in members}


@contextmanager
def _turn() -> Iterator[None]:
    """Take turns with every other starter and stopper of this installation."""
    longest = DRAIN_WITHIN_S + START_WITHIN_S + STOP_WITHIN_S
    try:
        with locks.exclusive(home() / "start.lock", within=longest):
            yield
    except locks.LockHeld as held:
        raise LaunchError(
            f"Process {held.holder.pid} has been starting or stopping Groundplan for more than "
            f"{longest:.0f} s. End it, then try again."
        ) from held


def _bring_up(target: str, members: list[Member], give_up: threading.Event) -> Started:
    for member in members:
        _drain_if_unfit(member)
    fresh: list[str] = []
    for member in members:
        _start_if_missing(member, fresh)
    deadline = time.monotonic() + START_WITHIN_S
    pids = {member.name: _await_ready(member, fresh, deadline, give_up) for member in members}
    return Started(target, pids, tuple(fresh))


def _drain_if_unfit(member: Member) -> None:
    holder = member.holder()
    if holder and not member.fits(holder):
        _stop(member, holder.pid, DRAIN_WITHIN_S)


def _start_if_missing(member: Member, fresh: list[str]) -> None:
    """Start a member, once in a call: one that ended since has failed, one that was dying is replaced."""
    if _own_child(member) or member.holder():
        return
    if member.name in fresh:
        raise _failure(member, "ended before it was ready")
    fresh.append(member.name)
    locks.forget(member.lock)
    child = spawn.detached(member.name, member.command)
    _children[member.lock] = child
    _mark_ours(member, child.pid)


def _await_ready(member: Member, fresh: list[str], deadline: float, give_up: threading.Event) -> int:
    """Wait for whoever holds the lock, which need not be the child that we started."""
    while True:
        holder = member.holder()
        if holder and member.ready(holder):
            return holder.pid
        _start_if_missing(member, fresh)
        if time.monotonic() > deadline:
            _stop_child(member)
            raise _failure(member, f"was not ready within {START_WITHIN_S:.0f} s")
        if give_up.wait(0.05):
            raise LaunchError(f"The {member.name} was still starting when Groundplan was stopped.")


def _is_ready(member: Member) -> bool:
    holder = member.holder()
    return holder is not None and member.ready(holder)


def _failure(member: Member, what: str) -> LaunchError:
    lines = spawn.last_lines(member.name) or "(its log is empty)"
    return LaunchError(
        f"The {member.name} {what}. The end of {spawn.log_path(member.name)}:\n{lines}\n"
        "Mend what it names, then reload the page or start Groundplan again."
    )


def _stop_ours() -> None:
    for member in family.every_member():
        _stop_child(member)
        holder = member.holder()
        if holder and holder.pid in _ours(member):
            _stop(member, holder.pid, STOP_WITHIN_S)


def _stop(member: Member, pid: int, within: float) -> None:
    """Stop the holder of a lock. The lock says when it has ended: its pid may live on as somebody else's."""
    spawn.stop(pid, lambda: (held := member.holder()) is not None and held.pid == pid, within)


def _stop_child(member: Member) -> None:
    """Stop what this process started, whether or not it has come as far as its lock."""
    child = _own_child(member)
    if child:
        spawn.stop(child.pid, lambda: child.poll() is None, STOP_WITHIN_S)


def _own_child(member: Member) -> "subprocess.Popen[bytes] | None":
    """Return the living child of this process that was started as this member."""
    child = _children.get(member.lock)
    return child if child and child.poll() is None else None


def _mark_ours(member: Member, pid: int) -> None:
    """Remember that Groundplan started this process: whoever goes last stops those and no others."""
    _marks(member).write_text(json.dumps([*_ours(member)[-9:], pid]))


def _ours(member: Member) -> list[int]:
    """Return the processes that Groundplan last started as this member; one that holds the lock lives."""
    with suppress(OSError, ValueError):
        pids: list[int] = json.loads(_marks(member).read_text())
        return pids
    return []


def _marks(member: Member) -> Path:
    return home() / f"{member.name}.started.json"


def _status(name: str, holder: locks.Holder | None) -> ProcessStatus:
    if holder is None:
        return ProcessStatus(name, None, False, None, None)
    return ProcessStatus(name, holder.pid, True, holder.code_version, holder.started_at)
