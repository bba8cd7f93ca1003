"""What a deployment tells of itself: events, the log of its container, of its storage, of its image; bounded on disk.

The layout of ``read`` is Azure's.  https://learn.microsoft.com/rest/api/azureml/online-deployments/get-logs
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from simulator.state import Resource

#: Of one log file; the one before it is kept too.
LARGEST = 1024 * 1024
STEPS = ("SystemSetup", "UserContainerImagePull", "ModelDownload", "UserContainerStart")
_DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]|\s|$|Traceback|[A-Z]\w*(Error|Exception)\b")


class Journal:
    """The logs of one deployment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, text: str) -> None:
        """Append to a log; a line that bears no time gets the present one, but for a traceback's."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines = [line if _DATED.match(line) else f"{now} {line}" for line in text.splitlines()]
        path = self.folder / f"{name}.log"
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".log.1"))
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def writer(self, name: str) -> Callable[[str], None]:
        """Return a function that appends to one log."""
        return lambda text: self.write(name, text)

    def event(self, name: str, message: str, kind: str = "Normal") -> None:
        """Write down what happened to the container, as Azure words it."""
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.write("events", f" Kind: Pod, Name: {name}, Type: {kind}, Time: {moment}, Message: {message}")

    def step(self, name: str, state: str) -> None:
        """Note how far an instance has come: InProgress, Succeeded or Failed; the steps after it are open."""
        kept = self._steps()
        at = STEPS.index(name)
        kept |= {name: state} | dict.fromkeys(STEPS[at + 1 :], "Pending")
        (self.folder / "steps.json").write_text(json.dumps(kept), "utf-8")

    def begin(self) -> None:
        """Forget what an earlier container went through."""
        for name in ("events", "build"):
            (self.folder / f"{name}.log").unlink(missing_ok=True)

    def tail(self, name: str, count: int = 0) -> list[str]:
        """Return the last lines of a log, all of them for 0."""
        lines: list[str] = []
        for path in (self.folder / f"{name}.log.1", self.folder / f"{name}.log"):
            if path.exists():
                lines += path.read_text("utf-8", "replace").splitlines()
        return lines[-count:] if count else lines

    def read(self, container: str, count: int) -> str:
        """Return a container's log as getLogs answers it."""
        if container == "StorageInitializer":
            return "\n".join(self.tail("storage", count)) + "\n"
        parts = [
            "Instance status:",
            *(f"{name}: {state}" for name, state in self._steps().items()),
            "",
            "Container events:",
            *(line.strip() for line in self.tail("events", 100)),
            "",
        ]
        if self._steps().get("UserContainerImagePull") == "Failed":
            parts += ["Image build log:", *self.tail("build", count), ""]
        return "\n".join([*parts, "Container logs:", *self.tail("inference", count)]) + "\n"

    def _steps(self) -> dict[str, str]:
        try:
            kept: dict[str, str] = json.loads((self.folder / "steps.json").read_text("utf-8"))
        except (OSError, ValueError):
            kept = dict.fromkeys(STEPS, "Pending")
        return kept


def journal_of(root: Path, deployment: Resource) -> Journal:
    """Return the logs of a deployment; ``root`` is the simulator's folder."""
    return Journal(folder_of(root, deployment))


def folder_of(root: Path, deployment: Resource) -> Path:
    """Return where a deployment's files are: another place for one that is made anew under an old name."""
    text = f"{deployment.key}/{deployment.created}"
    return root / "containers" / hashlib.sha256(text.encode()).hexdigest()[:16]


def age(since: float) -> str:
    """Return how long something took, for people."""
    return f"{time.monotonic() - since:.1f} s"
