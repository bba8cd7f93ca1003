"""Drafts in the database: every key stroke is kept, two tabs never overwrite each other unseen, faults are explained."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.house import REPOSITORY
from services.runs import database, projects


@pytest.fixture(autouse=True)
def fresh(home: Path) -> Path:
    """Every test has a database of its own."""
    return home


def test_a_project_is_read_as_it_was_written() -> None:
    """Its ID can stand in a URL, whatever its name."""
    made = projects.create({"name": "Kündigung <2026>"})
    assert projects.get(made.id) == made
    assert made.id.startswith("kundigung-2026-")
    assert [p.id for p in projects.every()] == [made.id]


def test_changes_of_other_keys_in_another_tab_stand_beside_ours() -> None:
    """No conflict where nobody's words are lost."""
    seen = projects.create({"name": "churn"})
    projects.set_key(seen.id, "location", "eastus", seen=seen.choices, seen_version=seen.version)
    ours = projects.set_key(seen.id, "tags.team", "data", seen=seen.choices, seen_version=seen.version)
    assert ours.choices == {"name": "churn", "location": "eastus", "tags": {"team": "data"}}


def test_a_change_of_the_same_key_in_another_tab_is_told() -> None:
    """The second writer learns what stands there and that his own was not written."""
    seen = projects.create({"name": "churn"})
    projects.set_key(seen.id, "workspace.name", "mlw-one", seen=seen.choices, seen_version=seen.version)
    with pytest.raises(projects.Conflict) as told:
        projects.set_key(seen.id, "workspace.name", "mlw-two", seen=seen.choices, seen_version=seen.version)
    assert (told.value.mine, told.value.theirs) == ("mlw-two", "mlw-one")
    assert projects.get(seen.id).choices["workspace"] == {"name": "mlw-one"}


def test_a_key_that_is_removed_leaves_no_empty_section() -> None:
    """So that names go on following what they derive from."""
    seen = projects.create({"name": "churn", "workspace": {"name": "mlw-one"}})
    gone = projects.set_key(
        seen.id, "workspace.name", projects.MISSING, seen=seen.choices, seen_version=seen.version
    )
    assert gone.choices == {"name": "churn"}


def test_a_project_that_is_not_there_is_missing() -> None:
    """As after somebody deleted the data folder."""
    with pytest.raises(projects.ProjectMissing):
        projects.get("nothing-0000")


def test_the_database_keeps_a_write_ahead_journal(fresh: Path) -> None:
    """Readers never wait for a writer."""
    projects.create({"name": "churn"})
    with sqlite3.connect(fresh / "groundplan.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"this is no database at all, but long enough to look like a header" * 20, "is not a database")],
)
def test_a_file_that_is_no_database_is_explained(fresh: Path, content: bytes, words: str) -> None:
    """With what to do, and the file stays as it is."""
    (fresh / "groundplan.sqlite").write_bytes(content)
    with pytest.raises(database.DatabaseError, match=words):
        projects.create({"name": "churn"})
    assert (fresh / "groundplan.sqlite").read_bytes() == content


def test_a_database_of_a_newer_release_is_refused(fresh: Path) -> None:
    """Nothing of it is touched."""
    projects.create({"name": "churn"})
    database._engine.cache_clear()
    with sqlite3.connect(fresh / "groundplan.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(database.DatabaseError, match="newer Groundplan"):
        projects.every()


def test_several_processes_write_at_once_and_nothing_is_lost(fresh: Path) -> None:
    """Four writers, each with its own keys."""
    made = projects.create({"name": "churn"})
    code = (
        "import sys; from services.runs import projects as p\n"
        "for n in range(10):\n"
        "    now = p.get(sys.argv[1]); key = f'tags.{sys.argv[2]}-{n}'\n"
        "    p.set_key(now.id, key, 'x', seen=now.choices, seen_version=now.version)\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, made.id, str(w)], cwd=REPOSITORY, env=os.environ.copy())
        for w in range(4)
    ]
    assert [w.wait(60) for w in writers] == [0] * 4
    assert len(projects.get(made.id).choices["tags"]) == 40


def test_a_full_disk_is_said_and_loses_nothing(fresh: Path) -> None:
    """SQLite's own limit stands in for the disk's: the draft keeps what it had."""
    made = projects.create({"name": "churn"})
    with database.engine().connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    with pytest.raises(database.DatabaseError, match="disk is full"), database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.execute(projects.projects.update().values(choices={"name": "x" * 500_000}))
    assert projects.get(made.id).choices == {"name": "churn"}
