"""What a test server is told and what it says of itself, as files that outlive every process."""

import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from services.processes.home import home

Phase = Literal["building", "starting", "ready", "failed", "stopped"]
LIVE: frozenset[Phase] = frozenset({"building", "starting", "ready"})


class Step(NamedTuple):
    """One step on the way: state is "waiting", "running", "done" or "failed"; seconds, None where not known; a note."""

    name: str
    state: str
    elapsed_s: float | None
    expected_s: float | None
    note: str = ""


@dataclass(frozen=True)
class ServerState:
    """A test server as it is now. `why` says what went wrong or why it ended, `answer` holds a program's own words.

    `log` is the end of what the handler printed. Times are seconds since the epoch, durations seconds, memory MB (2**20).
    """

    key: str
    phase: Phase
    steps: tuple[Step, ...] = ()
    why: str = ""
    answer: str = ""
    log: str = ""
    isolation: str = ""
    warnings: tuple[str, ...] = ()
    startup_s: float | None = None
    memory_peak_mb: float | None = None
    memory_limit_mb: int | None = None
    environment_s: float | None = None
    project_ids: tuple[str, ...] = ()
    began_at: float = 0.0

    @property
    def live(self) -> bool:
        """Whether a process works for it."""
        return self.phase in LIVE


@dataclass(frozen=True)
class Job:
    """What a supervisor is to serve: everything that it needs, so that it reads no database."""

    key: str
    language: str
    entry: str
    files: Mapping[str, str]
    model: str
    file_name: str
    overridden: bool
    project_ids: tuple[str, ...]
    memory_mb: int = 4096
    init_within_s: float = 120.0
    idle_s: float = 600.0
    isolation: str = ""  # "" takes the best that the machine has


@dataclass
class Account:
    """The supervisor's own record of its steps, from which `ServerState` is read."""

    phase: Phase = "building"
    steps: list[dict[str, Any]] = field(default_factory=list)
    why: str = ""
    answer: str = ""
    isolation: str = ""
    warnings: list[str] = field(default_factory=list)
    startup_s: float | None = None
    memory_peak_mb: float | None = None
    memory_limit_mb: int | None = None
    environment_s: float | None = None
    socket: str = ""
    began_at: float = 0.0


def folder_of(key: str) -> Path:
    """Where everything of one server lies."""
    return servers() / key


def servers() -> Path:
    """Where the servers of this installation lie, each in a folder."""
    return home() / "models" / "servers"


def write(path: Path, data: Any) -> None:
    """Write JSON in one step."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as part:
        json.dump(data, part)
    Path(part.name).replace(path)


def write_job(job: Job) -> None:
    """Keep what a server is to serve."""
    write(folder_of(job.key) / "job.json", asdict(job))


def read_job(key: str) -> Job | None:
    """What a server was told to serve, None when there is none."""
    try:
        data = json.loads((folder_of(key) / "job.json").read_text())
        return Job(**(data | {"project_ids": tuple(data["project_ids"])}))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read_account(key: str) -> Account | None:
    """What a supervisor has said last, None when it has said nothing."""
    try:
        return Account(**json.loads((folder_of(key) / "state.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def view(key: str, account: Account, job: Job | None, alive: bool) -> ServerState:
    """The state as a page shows it; a supervisor that is gone without a word was killed."""
    state = ServerState(
        key=key, phase=account.phase, steps=tuple(_steps(account.steps, alive)), why=account.why, answer=account.answer,
        log=log_of(key), isolation=account.isolation, warnings=tuple(account.warnings), startup_s=account.startup_s,
        memory_peak_mb=account.memory_peak_mb, memory_limit_mb=account.memory_limit_mb,
        environment_s=account.environment_s, project_ids=job.project_ids if job else (), began_at=account.began_at,
    )  # fmt: skip
    if state.live and not alive:
        return replace(state, phase="failed", why="The test server was ended from outside. Start it again.")
    return state


def log_of(key: str, most: int = 16_000) -> str:
    """The end of what the handler printed."""
    try:
        with (folder_of(key) / "log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - most))
            return log.read().decode(errors="replace")
    except OSError:
        return ""


def _steps(kept: list[dict[str, Any]], alive: bool) -> list[Step]:
    now = time.time()
    return [
        Step(
            one["name"],
            one["state"] if alive or one["state"] != "running" else "failed",
            _elapsed(one, now if alive else None),
            one.get("expected_s"),
            one.get("note", ""),
        )
        for one in kept
    ]


def _elapsed(step: Mapping[str, Any], now: float | None) -> float | None:
    began, ended = step.get("began_at"), step.get("ended_at") or now
    return None if began is None or ended is None else max(0.0, ended - began)
