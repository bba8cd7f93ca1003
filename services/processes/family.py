"""Who belongs to one installation: the simulator and a worker for each target, each known by its lock."""

import http.client
import json
import os
import ssl
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.processes import locks
from services.processes.home import database_name, home, source_version

Commands = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Member:
    """A background process: its name, how it is started, and the lock by which it is found."""

    name: str
    command: Sequence[str]
    lock: Path

    def holder(self) -> locks.Holder | None:
        """Return the living process, however it was started."""
        return locks.holder(self.lock)

    def fits(self, holder: locks.Holder) -> bool:
        """Tell whether a living process may be adopted as it is."""
        return True

    def ready(self, holder: locks.Holder) -> bool:
        """Tell whether the living process answers."""
        return holder.ready


class Worker(Member):
    """Adopted only with our code and our database."""

    def fits(self, holder: locks.Holder) -> bool:
        """Tell whether it runs the code on disk and our database; one too young to say so is let be."""
        return not holder.pid or _identity(holder) == (source_version(), database_name())


class Simulator(Member):
    """Adopted as it is: a user may have started it with a pace or a scenario of his own."""

    def ready(self, holder: locks.Holder) -> bool:
        """Tell whether the simulator that left its ready line answers over TLS."""
        line = simulator_line()
        return line is not None and _answers(line["endpoint"], line["ca_bundle"])


def members(target: str, commands: Commands | None = None) -> list[Member]:
    """Return the processes that a target ("rehearsal", "azure") needs; `commands` replaces how they start."""
    workers: list[Member] = [worker(target, commands or {})]
    return [simulator(commands or {}), *workers] if target == "rehearsal" else workers


def every_member() -> list[Member]:
    """Return every process that this installation may have: workers first, the order in which they stop."""
    return [worker("rehearsal", {}), worker("azure", {}), simulator({})]


def worker_lock(target: str) -> Path:
    """Return the lock that the worker of a target takes for its life."""
    return home() / f"worker-{target}.lock"


def worker(target: str, commands: Commands) -> Member:
    """Return the worker of a target as a member of the family."""
    name = f"worker-{target}"
    command = commands.get(name) or [sys.executable, "-m", "services", "worker", "--target", target]
    return Worker(name, command, worker_lock(target))


def simulator(commands: Commands) -> Member:
    """Return the simulator as a member of the family; GROUNDPLAN_PACE is the pace of one that we start."""
    pace = os.environ.get("GROUNDPLAN_PACE") or "0.1"
    command = commands.get("simulator") or [sys.executable, "-m", "simulator", "serve", "--pace", pace]
    return Simulator("simulator", command, home() / "simulator" / "simulator.lock")


def simulator_line() -> dict[str, Any] | None:
    """Return the ready line of the simulator that lives at home, None when none does."""
    folder = home() / "simulator"
    if locks.holder(folder / "simulator.lock") is None:
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        line: dict[str, Any] = json.loads((folder / "simulator.json").read_text())
        return line if line["endpoint"] and line["ca_bundle"] else None
    return None


def _identity(holder: locks.Holder) -> tuple[str | None, str | None]:
    return holder.code_version, holder.database


def _answers(endpoint: str, ca_bundle: str) -> bool:
    """Ask once, trusting only the simulator's own CA; whatever HTTP status comes back is an answer."""
    place = urlsplit(endpoint)
    try:
        context = ssl.create_default_context(cafile=ca_bundle)
        connection = http.client.HTTPSConnection(place.netloc, timeout=2, context=context)
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    connection.close()
    return True
