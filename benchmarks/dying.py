"""A process of ours that ends itself with SIGKILL just before its n-th write to a journal: no crash point is missed.

    python -m benchmarks.dying worker TARGET      walks runs; dies in the first run that it begins once `die-at` lies at home
    python -m benchmarks.dying asker N CHOICES    does what a page does when Create is pressed; dies before its N-th write

Both journals count, the engine's and ours; a transaction that only reads does not.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from services.processes.home import home
from services.runs import client, doorbell, engine, projects, worker

WRITES = ("INSERT", "UPDATE", "DELETE")


class Fuse:
    """Counts writes down; at zero this process is gone."""

    def __init__(self) -> None:
        self.left: int | None = None
        event.listen(sa.Engine, "before_cursor_execute", self._mark)
        event.listen(sa.Engine, "commit", self._count)

    def _mark(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip()[:6].upper() in WRITES:
            connection.info["wrote"] = True

    def _count(self, connection: Any) -> None:
        if self.left is None or not connection.info.pop("wrote", False):
            return
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def fuse_file(folder: Path) -> Path:
    """Where a dying worker finds how many writes it has left."""
    return folder / "die-at"


def _worker(target: str) -> int:
    fuse, begins, file = Fuse(), doorbell.begins, fuse_file(home())

    def lit(workflow_id: str) -> None:
        if "." not in workflow_id and fuse.left is None and file.exists():
            fuse.left = int(file.read_text())
            file.unlink()
        begins(workflow_id)

    doorbell.begins = lit
    return worker.work(target)


def _asker(writes: int, choices: dict[str, Any]) -> int:
    client._staff = lambda target: None  # whoever measures has a worker running
    projects.every()  # the tables are there before the counting begins
    engine.client()
    Fuse().left = writes
    client.start(projects.create(choices).id)
    return 0


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    sys.exit(_worker(rest[0]) if what == "worker" else _asker(int(rest[0]), json.loads(rest[1])))
