"""An installation of the previous release, cut off in mid-run: this release goes on where that one stood."""

import base64
import json
import re
import sqlite3
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.house import REPOSITORY, free_port, fresh_home
from services.runs import database, events, journal, projects
from tests.runs.conftest import Installation, states, until

JOURNAL = Path(__file__).parent / "files" / "journal_0001.tar.gz"  # made by make_journal.py


def test_a_run_of_the_previous_release_is_finished_by_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had finished is not put again, what it was in the middle of is followed, the rest is created."""
    with fresh_home(0) as environment:
        house = Installation(environment)
        port = _unpacked(house.home)
        simulator = subprocess.Popen(
            [sys.executable, "-m", "simulator", "serve", "--pace", "0", "--port", str(port)],
            cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: (house.home / "simulator" / "simulator.json").exists())
        path = house.file("name: upgraded\ncontainer_registry: {mode: new}\nsql: {mode: new}\n")
        before = states(house.run("status", path)[1])
        assert before["storage_account"] == "Succeeded"
        assert before["sql_server"] == "Creating"
        assert before["workspace"] in ("Waiting", "Planned")

        house.run("check", path)  # starts the worker, as a page would
        until(lambda: house.run("status", path)[1]["state"] in ("Succeeded", "Failed", "Parked"), 90)
        document = house.run("status", path)[1]
        assert document["state"] == "Succeeded", states(document)
        assert all(r["created_by_run"] for r in document["resources"])
        puts = Counter(p for p in house.puts("upgraded") if "/secrets/" not in p)
        assert set(puts.values()) == {1}
        assert len(puts) == len(document["resources"])
        monkeypatch.setenv("GROUNDPLAN_HOME", str(house.home))
        assert "workspace" in events.of_run(document["run"])
        assert house.apply(Path(path).read_text())[0] == 0
        assert Counter(p for p in house.puts("upgraded") if "/secrets/" not in p) == puts
        simulator.kill()
        simulator.wait()


def test_the_tables_of_the_previous_release_become_those_of_an_empty_start(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every migration on the way: the same tables, columns, indexes and guards as a fresh database has."""
    _unpacked(home)
    assert [p.name for p in projects.every()] == ["upgraded"]
    upgraded = _schema(home / "groundplan.sqlite")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    monkeypatch.setenv("GROUNDPLAN_HOME", str(fresh))
    assert projects.every() == []
    assert _schema(fresh / "groundplan.sqlite") == upgraded


def test_the_trails_are_only_added_to(home: Path) -> None:
    """Not even by whoever writes SQL: the audit trail and the steps' logs refuse changes where the data lies."""
    project = projects.create({"name": "kept"})
    for statement in ("UPDATE audit SET action = 'nothing'", "DELETE FROM audit"):
        with pytest.raises(database.DatabaseError, match="only added to"), database.writing() as db:
            db.exec_driver_sql(statement)
    assert [a.action for a in journal.trail(project.id)] == ["project created"]


def _unpacked(home: Path) -> int:
    """Lay the old installation into a home; the simulator's port, which stands in the tokens, becomes a free one."""
    with tarfile.open(JOURNAL) as packed:
        packed.extractall(home, filter="data")
    port = free_port()
    with sqlite3.connect(home / "dbos.sqlite") as connection:
        rows = connection.execute("SELECT rowid, output FROM operation_outputs").fetchall()
        moved = [(_moved(text, port), row) for row, text in rows if text and '"token"' in text]
        assert len(moved) >= 2, "the run was in the middle of some resources"
        connection.executemany("UPDATE operation_outputs SET output = ? WHERE rowid = ?", moved)
    connection.close()
    return port


def _moved(output: str, port: int) -> str:
    """An output whose continuation token (base64 of JSON) points at another port."""
    found = json.loads(output)
    token = found.get("token") or (found.get("result") or {}).get("token")
    if not token:
        return output
    text = base64.b64decode(token).decode()
    new = base64.b64encode(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", text).encode()).decode()
    return output.replace(token, new)


def _schema(path: Path) -> Any:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    connection.close()
    return rows
