"""Leases on the background processes: who started or adopted them holds one; the last one out stops them."""

from pathlib import Path
from uuid import uuid4

from services.processes import locks
from services.processes.home import home


def take(holder: str) -> locks.Lock:
    """Take a lease, which ends with `release` or with this process; `holder` is its kind ("web", "cli").

    The files of leases that died are swept on the way.
    """
    for path in _files():
        locks.sweep(path)
    while True:
        lease = locks.take(_folder() / f"{uuid4()}.json", target=holder)
        if lease.path.exists():  # else another taker swept the file between its creation and our lock
            return lease
        lease.release()


def living() -> list[locks.Holder]:
    """Return the holders of every lease that still lives."""
    return [holder for path in _files() if (holder := locks.holder(path))]


def last_out() -> bool:
    """Tell whether nobody holds a lease any more (release your own first)."""
    return not living()


def _files() -> list[Path]:
    return sorted(_folder().glob("*.json"))


def _folder() -> Path:
    return home() / "leases"
