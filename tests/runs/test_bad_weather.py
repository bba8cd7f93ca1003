"""Databases that are full, locked, read-only or damaged, clocks that jump, files that change: clear words, nothing lost."""

import asyncio
import os
import re
import sqlite3
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import sweep
from benchmarks.house import REPOSITORY
from services.progress import StepView
from services.runs import client, database, journal, projects
from tests.runs.conftest import Installation, until


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB; skips where none may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", str(folder)]
    if subprocess.run(line, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here (it needs root)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full_in_mid_run_stops_nothing_for_good(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run stands while there is no space, even for the log, and goes on by itself when there is some."""
    home = small_disk / "home"
    environment = os.environ | {"GROUNDPLAN_HOME": str(home), "GROUNDPLAN_PACE": "0.1"}
    monkeypatch.setenv("GROUNDPLAN_HOME", str(home))
    house = Installation(environment)
    home.mkdir()
    try:
        house.started()
        monkeypatch.setattr(client, "_staff", lambda _target: None)
        run_id = client.start(projects.create({"name": "squeezed"} | sweep.EVERYTHING).id)
        until(lambda: len(house.puts("squeezed")) >= 3, 60)
        _fill(small_disk / "filler")
        with pytest.raises(database.DatabaseError, match=r"disk is full|disk I/O"):
            projects.create({"name": "x" * 200, "tags": {str(n): "y" * 200 for n in range(2000)}})
        full_at = time.monotonic()
        until(
            lambda: time.monotonic() > full_at + 6
        )  # the worker meets it in its steps and in the engine's journal
        assert not journal.view(run_id).ended
        (small_disk / "filler").unlink()
        house.started()
        until(lambda: journal.view(run_id).ended, 120)
        run = journal.view(run_id)
        assert run.state == "Succeeded", {k: (s.state, s.error) for k, s in run.steps.items()}
        assert set(Counter(p for p in house.puts("squeezed") if "/secrets/" not in p).values()) == {1}
    finally:
        from benchmarks.house import _end

        _end(str(home))


def test_a_step_outlives_a_database_that_does_not_answer_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is done again until it can be written; a step that raised would end its workflow for good."""
    from services.runs import workflows

    monkeypatch.setattr(workflows, "DATABASE_PAUSE_S", 0.0)
    tried: list[int] = []

    @workflows.enduring
    async def step(number: int) -> int:
        """Fail twice."""
        tried.append(number)
        if len(tried) < 3:
            raise database.DatabaseError("the disk is full")
        return number

    assert asyncio.run(step(7)) == 7
    assert tried == [7, 7, 7]


def test_a_read_only_database_is_explained_and_readable_again_afterwards(home: Path) -> None:
    """Nothing that was saved is lost."""
    made = projects.create({"name": "kept"})
    database.engine().dispose()
    if os.geteuid() == 0:  # root writes through permissions; SQLite's own switch says the same
        with (
            pytest.raises(database.DatabaseError, match="read-only"),
            database.writing() as db,
        ):
            db.exec_driver_sql("PRAGMA query_only=ON")
            db.exec_driver_sql("DELETE FROM worker")
        database.engine().dispose()
    else:
        (home / "groundplan.sqlite").chmod(stat.S_IREAD)
        with pytest.raises(database.DatabaseError, match="read-only"):
            projects.create({"name": "more"})
        (home / "groundplan.sqlite").chmod(stat.S_IREAD | stat.S_IWRITE)
    assert projects.get(made.id) == made


def test_a_locked_database_is_waited_for_and_then_explained(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's program holds it: after the patience the message says so; after its end all goes on."""
    monkeypatch.setattr(database, "PATIENCE_S", 0.5)
    made = projects.create({"name": "kept"})
    holder = sqlite3.connect(home / "groundplan.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(database.DatabaseError, match="locked by another program"), database.writing() as db:
        db.exec_driver_sql("SELECT 1")
    holder.execute("ROLLBACK")
    holder.close()
    now = projects.set_key(made.id, "tags.team", "data", seen=made.choices, seen_version=made.version)
    assert now.choices["tags"] == {"team": "data"}


def test_a_damaged_database_is_explained_and_left_as_it_is(home: Path) -> None:
    """The header is right and the rest is not: no traceback, and the file is the user's to restore."""
    projects.create({"name": "kept"})
    database.engine().dispose()
    file = home / "groundplan.sqlite"
    for beside in home.glob("groundplan.sqlite-*"):
        beside.unlink()
    broken = file.read_bytes()[:100] + b"\xa5" * (file.stat().st_size - 100)
    file.write_bytes(broken)
    database._engine.cache_clear()
    with pytest.raises(database.DatabaseError, match="is damaged"):
        projects.every()
    assert file.read_bytes() == broken


def test_a_clock_that_is_set_back_changes_neither_the_order_of_runs_nor_makes_time_negative(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest run is the newest, whatever the clock said when it began."""
    monkeypatch.setattr(client, "_staff", lambda _target: None)
    monkeypatch.setattr(client, "pace_of", lambda _config: 0.0)
    project = projects.create({"name": "clock"})
    first = client.start(project.id)
    journal.set_run(first, state="Succeeded", finished_at=time.time())
    an_hour_ago = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: an_hour_ago)
    second = client.start(project.id)
    monkeypatch.undo()
    monkeypatch.setenv("GROUNDPLAN_HOME", str(home))
    newest = journal.newest(project.id)
    assert newest is not None
    assert newest.id == second
    assert StepView("a", started_at=100.0, finished_at=40.0).elapsed_s(0.0) == 0.0


def test_a_file_that_is_edited_while_its_run_goes_on_changes_the_next_run(house: Installation) -> None:
    """The run keeps what it was started with; applying again puts the difference."""
    text = "name: edited\ncontainer_registry: {mode: new}\n"
    path = Path(house.file(text))
    slow = {"match": {"method": "PUT", "path": "registries/credited"}, "do": {"delay": 4}, "times": 1}
    house.control("POST", "/_simulator/faults", slow)
    line = [sys.executable, "-m", "services", "apply", str(path), "--json"]
    going = subprocess.Popen(
        line, cwd=REPOSITORY, env=house.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    until(lambda: len(house.puts("edited")) >= 3, 60)
    path.write_text(text.replace("mode: new", "mode: new, sku: Standard"))
    assert going.wait(60) == 0
    before = house.puts("edited")
    code, document, said = house.run("apply", str(path))
    assert code == 0, said
    later = house.puts("edited")[len(before) :]
    assert [re.sub(r".*/", "", p)[:8] for p in later] == ["credited"]
    assert document["state"] == "Succeeded"


def _fill(path: Path) -> None:
    """Write until the file system has no byte left."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
