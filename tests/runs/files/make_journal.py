"""Make `journal_0001.tar.gz`: an installation whose run was cut off by kill -9, left by the code of an older release.

    git archive TAG | tar -x -C FOLDER
    python tests/runs/files/make_journal.py FOLDER tests/runs/files/journal_0001.tar.gz

It holds both databases, the executor's ID and the simulator's state, but neither keys nor addresses of the simulator:
the test gives it a port of its own. The run has finished some resources, is in the middle of others with continuation
tokens in its journal, and has not begun the rest.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

KEPT = ("groundplan.sqlite", "dbos.sqlite", "executor-id", "simulator/*.sqlite")
PROJECT = "name: upgraded\ncontainer_registry: {mode: new}\nsql: {mode: new}\n"


def main(code: str, archive: str) -> None:
    """Run the old code until the run is in the middle, cut everything off, and pack what a user would have."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environment = os.environ | {"GROUNDPLAN_HOME": folder, "GROUNDPLAN_PACE": "0.2"}
        file = home / "project.yaml"
        file.write_text(PROJECT)
        line = [sys.executable, "-m", "services", "apply", str(file)]
        apply = subprocess.Popen(line, cwd=code, env=environment)
        while not _in_the_middle(home / "groundplan.sqlite"):
            time.sleep(0.05)
        lock = json.loads((home / "worker-rehearsal.lock").read_text())
        simulator = json.loads((home / "simulator" / "simulator.json").read_text())
        for pid in (lock["pid"], simulator["pid"], apply.pid):
            os.kill(pid, signal.SIGKILL)
        apply.wait()
        _pack(home, Path(archive))


def _in_the_middle(database: Path) -> bool:
    if not database.exists():
        return False
    with sqlite3.connect(database, timeout=10) as connection:
        try:
            states = dict(connection.execute("SELECT key, state FROM step"))
        except sqlite3.OperationalError:  # not migrated yet
            return False
    connection.close()
    return states.get("storage_account") == "Succeeded" and states.get("sql_server") == "Creating"


def _pack(home: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as packed:
        for pattern in KEPT:
            for path in sorted(home.glob(pattern)):
                if path.suffix == ".sqlite":
                    _closed(path)
                packed.add(path, str(path.relative_to(home)))


def _closed(path: Path) -> None:
    """Bring what stands in the write-ahead journal into the file."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
