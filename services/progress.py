"""How far a run is, as plain data: what the worker writes down, and what graphs, tables and the command line show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# Azure's own spelling where Azure has a word; Planned, Waiting, Existing and Skipped are ours.
StepState = Literal[
    "Planned", "Waiting", "Creating", "Updating", "Succeeded", "Existing", "Failed", "Canceled", "Deleting", "Deleted",
    "Skipped",
]  # fmt: skip
# Setting a project's resources up and taking them down; deploying a model and withdrawing it.
RunKind = Literal["apply", "destroy", "deploy", "withdraw"]
RunState = Literal["Queued", "Running", "Parked", "Succeeded", "Failed", "Canceled"]
DONE: frozenset[StepState] = frozenset({"Succeeded", "Existing", "Deleted", "Skipped"})
BUSY: frozenset[StepState] = frozenset({"Creating", "Updating", "Deleting"})
ENDED: frozenset[RunState] = frozenset({"Succeeded", "Failed", "Canceled"})


@dataclass(frozen=True)
class StepError:
    """Why a resource stands still: Azure's code and message, and the same in plain words with what to do."""

    code: str
    message: str
    status: int | None = None
    what: str = ""
    fix: str = ""
    path: str = ""
    raw: str = ""


@dataclass(frozen=True)
class StepView:
    """One resource in a run. Times are seconds since the epoch; `expected_s` is scaled to the target's pace."""

    key: str
    state: StepState = "Planned"
    expected_s: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    attempt: int = 0
    depends_on: tuple[str, ...] = ()
    resource_id: str = ""
    correlation_id: str = ""
    created_by_run: bool = False
    note: str = ""
    error: StepError | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def elapsed_s(self, now: float) -> float | None:
        """Seconds since the start, up to the end; None before it. A clock that was set back makes it 0, not less."""
        if self.started_at is None:
            return None
        return max(0.0, (self.finished_at or now) - self.started_at)


@dataclass(frozen=True)
class RunView:
    """A run of a plan: its state, and a step for every resource by key, in the plan's order."""

    id: str
    project: str
    kind: RunKind
    state: RunState
    steps: Mapping[str, StepView]
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    by: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself or by the user's answer."""
        return self.state in ENDED
