"""Where an installation lives, and what is said when it cannot live there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.processes import home as places
from services.processes.home import HomeError


def test_the_folder_is_made_for_its_owner_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first use of a named folder creates it with mode 0700, parents included."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(home / "a" / "b"))
    assert places.home() == home / "a" / "b"
    assert places.home().stat().st_mode & 0o777 == 0o700


def test_a_relative_folder_means_the_same_to_a_child(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child runs in another directory, so the name is made absolute."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("GROUNDPLAN_HOME", "here")
    assert places.home() == home / "here"


def test_a_folder_that_cannot_be_made_is_explained(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the way ends in a message with the path and the way out, not in an OSError."""
    (home / "file").write_text("")
    monkeypatch.setenv("GROUNDPLAN_HOME", str(home / "file" / "sub"))
    with pytest.raises(HomeError, match=r"file/sub.*Not a directory.*GROUNDPLAN_HOME"):
        places.home()


def test_a_disk_that_takes_no_more_data_is_explained(home: Path) -> None:
    """A process that may write no byte (as on a full disk) gets the same clear error."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "from services.processes.home import HomeError, home\n"
        "try: home()\nexcept HomeError as error: print(error)"
    )
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert f"cannot keep its data in {home}" in run.stdout, run.stderr


def test_databases_stand_at_home_unless_a_server_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite: two files at home. PostgreSQL: one database for both."""
    assert places.database_url() == f"sqlite:///{home}/groundplan.sqlite"
    assert places.engine_url() == f"sqlite:///{home}/dbos.sqlite"
    monkeypatch.setenv("GROUNDPLAN_DATABASE_URL", "postgresql://ada:s3cret@db:5432/plans")
    assert places.engine_url() == places.database_url() == "postgresql://ada:s3cret@db:5432/plans"


def test_the_database_is_named_without_its_password(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in a lock file or a log may be read by others."""
    monkeypatch.setenv("GROUNDPLAN_DATABASE_URL", "postgresql://ada:s3cret@db:5432/plans")
    assert places.database_name() == "postgresql://ada:***@db:5432/plans"


def test_the_version_changes_with_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed byte of a service makes another version; the running process keeps its own."""
    running = places.code_version()
    (tmp_path / "services").mkdir()
    (tmp_path / "requirements.txt").write_text("streamlit")
    (tmp_path / "services" / "plan.py").write_text("a = 1")
    monkeypatch.setattr(places, "REPOSITORY", tmp_path)
    before = places.source_version()
    (tmp_path / "services" / "plan.py").write_text("a = 2")
    assert len({running, before, places.source_version()}) == 3
    assert places.code_version() == running
