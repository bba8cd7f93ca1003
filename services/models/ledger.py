"""What a supervisor writes down while it works, so that any page can show it, now or after everything has ended."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.models import sandbox
from services.models.server_state import Account, Phase, folder_of, write


class Ledger:
    """The account of one server, written after every change."""

    def __init__(self, key: str, steps: Iterable[str]) -> None:
        self._path = folder_of(key) / "state.json"
        self._account = Account(began_at=time.time(), steps=[{"name": s, "state": "waiting"} for s in steps])
        self._write()

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Note how long steps took the last time."""
        for name, expected in seconds.items():
            self._step(name)["expected_s"] = expected
        self._write()

    def progress(self, name: str, note: str) -> None:
        """Note how far a step is; the first word of it begins it."""
        step = self._step(name)
        if step["state"] == "waiting":
            self._finish_running("done")
            step |= {"state": "running", "began_at": time.time()}
        step["note"] = note or step.get("note", "")
        self._write()

    def begin(self, name: str, phase: Phase = "building") -> None:
        """Begin a step; the one before is done."""
        self._account.phase = phase
        self.progress(name, "")

    def skip(self, names: Iterable[str], note: str) -> None:
        """Note that steps had been done before."""
        for name in names:
            self._step(name).update(state="done", note=note, began_at=None, ended_at=None)
        self._write()

    def ready(self, startup_s: float) -> None:
        """Note that the server answers."""
        self._finish_running("done")
        self._account.phase, self._account.startup_s = "ready", round(startup_s, 3)
        self._write()

    def end(self, phase: Phase, why: str, answer: str = "") -> None:
        """Note how it ended."""
        self._finish_running("failed")
        account = self._account
        account.phase, account.why, account.answer, account.socket = phase, why, answer, ""
        if self._path.parent.exists():  # else its home has gone, and nobody reads it
            self._write()

    def took(self, names: Iterable[str]) -> dict[str, float]:
        """How long the steps that are done took, in seconds."""
        steps = [self._step(name) for name in names]
        return {
            s["name"]: s["ended_at"] - s["began_at"] for s in steps if s.get("ended_at") and s.get("began_at")
        }

    def note_isolation(self, isolation: str, memory_mb: int) -> None:
        """Note in what the handler runs."""
        self._account.isolation, self._account.memory_limit_mb = isolation, memory_mb
        self._account.warnings = [] if isolation == "bubblewrap" else [sandbox.NO_SANDBOX]
        self._write()

    def warn(self, notes: Iterable[str]) -> None:
        """Note what whoever reads the result must know."""
        self._account.warnings += notes
        self._write()

    def note_environment(self, seconds: float) -> None:
        """Note how long the environment took to build, whenever that was."""
        self._finish_running("done")
        self._account.environment_s = round(seconds, 2)
        self._write()

    def note_socket(self, folder: Path) -> None:
        """Note in which folder the socket is."""
        self._account.socket = str(folder)
        self._write()

    def note_memory(self, peak_mb: float) -> None:
        """Note the most memory that was taken."""
        self._account.memory_peak_mb = round(max(peak_mb, self._account.memory_peak_mb or 0), 1)
        self._write()

    def _finish_running(self, state: str) -> None:
        for step in self._account.steps:
            if step["state"] == "running":
                step |= {"state": state, "ended_at": time.time()}

    def _step(self, name: str) -> dict[str, Any]:
        return next(step for step in self._account.steps if step["name"] == name)

    def _write(self) -> None:
        if self._path.parent.exists():
            write(self._path, asdict(self._account))
