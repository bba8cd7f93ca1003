"""What a test of a model says of itself while it runs and when it has ended, as files that outlive every process."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from services.models import local_test
from services.models.server_state import write
from services.processes.home import home

Kind = Literal["test", "record"]
Phase = Literal["running", "passed", "failed", "recorded", "cancelled", "lost"]
RECORDING = "Golden set, recording"
STEPS: Mapping[Kind, tuple[str, ...]] = {"test": local_test.STEPS, "record": (RECORDING,)}
_LOST = "It was lost: its process was ended from outside before it could finish. Run it again."
CANCELLED = "It was cancelled. Nothing was recorded."
_WRITE_EVERY_S = 0.1


class Counted(NamedTuple):
    """How many requests of a step are done; `total` None before it begins. State: waiting, running, done or failed."""

    name: str
    done: int
    total: int | None
    state: str
    elapsed_s: float | None
    expected_s: float | None

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True)
class Testing:
    """A test of a model, or a recording of its answers, as it is now; `why` says how it ended where no verdict does.

    `left_s` is what the answers so far let expect of the rest, None before there is one.
    """

    model_id: str
    kind: Kind
    phase: Phase
    steps: tuple[Counted, ...]
    why: str
    began_at: float
    elapsed_s: float
    left_s: float | None

    @property
    def running(self) -> bool:
        """Whether a process works on it."""
        return self.phase == "running"

    def runs(self, kind: Kind) -> bool:
        """Whether it runs and is of this kind."""
        return self.running and self.kind == kind

    @property
    def now(self) -> Counted:
        """The step that runs, or ran last."""
        return next((step for step in reversed(self.steps) if step.state != "waiting"), self.steps[0])


@dataclass(frozen=True)
class Job:
    """What a process is to do: `key` is the candidate's hash, for which the outcome holds and for no other."""

    model_id: str
    kind: Kind
    key: str
    by: str
    began_at: float


@dataclass
class Account:
    """The process's own record, from which `Testing` is read."""

    phase: Phase = "running"
    why: str = ""
    ended_at: float | None = None
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)


class Tally:
    """The account of one test, written as its counts grow: at once for a new step, else ten times a second at most."""

    def __init__(self, job: Job) -> None:
        self._path = folder_of(job.model_id) / "state.json"
        self._account = Account()
        self._written = 0.0
        self._write()

    def count(self, name: str, done: int, total: int) -> None:
        """Note that so many requests of a step are done; its first count begins it and ends the one before."""
        now = time.time()
        begins = name not in self._account.steps
        if begins:
            self._end_step(now)
        step = self._account.steps.setdefault(name, {"began_at": now})
        step |= {"done": done, "total": total, "at": now}
        if begins or done == total or now - self._written > _WRITE_EVERY_S:
            self._write()

    def end(self, phase: Phase, why: str) -> None:
        """Note how it ended."""
        self._account.phase, self._account.why, self._account.ended_at = phase, why, time.time()
        self._end_step(self._account.ended_at)
        if self._path.parent.exists():  # else its home has gone, and nobody reads it
            self._write()

    def _end_step(self, now: float) -> None:
        for step in self._account.steps.values():
            step.setdefault("ended_at", now)

    def _write(self) -> None:
        self._written = time.time()
        write(self._path, asdict(self._account))


def folder_of(model_id: str) -> Path:
    """Where everything of a model's test lies."""
    return home() / "models" / "tests" / model_id


def write_job(job: Job) -> None:
    """Keep what is to be done."""
    write(folder_of(job.model_id) / "job.json", asdict(job))


def read_job(model_id: str) -> Job | None:
    """What was to be done last, None when there was nothing."""
    try:
        return Job(**json.loads((folder_of(model_id) / "job.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def read_account(model_id: str) -> Account | None:
    """What a process has said last, None when it has said nothing."""
    try:
        return Account(**json.loads((folder_of(model_id) / "state.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def view(job: Job, account: Account, alive: bool) -> Testing:
    """The test as a page shows it; one whose process is gone without a word was lost."""
    lost = account.phase == "running" and not alive
    phase: Phase = "lost" if lost else account.phase
    now = time.time() if phase == "running" else account.ended_at or _last_word(job, account)
    steps = tuple(_steps(job.kind, account, phase, now))
    return Testing(
        job.model_id, job.kind, phase, steps, _LOST if lost else account.why, job.began_at,
        max(0.0, now - job.began_at), _left(steps) if phase == "running" else None,
    )  # fmt: skip


def _last_word(job: Job, account: Account) -> float:
    return max((step["at"] for step in account.steps.values()), default=job.began_at)


def _steps(kind: Kind, account: Account, phase: Phase, now: float) -> Iterable[Counted]:
    pace = None
    for name in STEPS[kind]:
        kept = account.steps.get(name)
        if kept is None:
            expected = local_test.measuring_takes(pace) if name == local_test.MEASURING and pace else None
            yield Counted(name, 0, None, "waiting", None, expected)
            continue
        done, total = kept["done"], kept["total"]
        own = (kept["at"] - kept["began_at"]) / done if done else None
        pace = pace or own
        whole = done >= total or ("ended_at" in kept and phase in ("running", "passed", "recorded"))
        state = "done" if whole else "running" if phase == "running" else "failed"
        expected = own * total if own and name != local_test.MEASURING else None
        if name == local_test.MEASURING and pace:
            expected = local_test.measuring_takes(pace)
        yield Counted(name, done, total, state, kept.get("ended_at", now) - kept["began_at"], expected)


def _left(steps: Iterable[Counted]) -> float | None:
    """Seconds that the steps which are not done will take, as far as anything lets expect them."""
    rest = [step for step in steps if step.state != "done" and step.expected_s is not None]
    return sum(max(0.0, (s.expected_s or 0) - (s.elapsed_s or 0)) for s in rest) if rest else None
