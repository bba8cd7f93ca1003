"""Written whole or not at all, over nothing that was there; the archive is the same every time."""

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from services.scaffold import ScaffoldError, Tree, write, zip_bytes
from tests.scaffold.conftest import Make


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_written_is_what_is_described(tree: Tree, tmp_path: Path) -> None:
    """Exactly the shipped files, and nothing beside the folder."""
    write(tree, tmp_path / "deep" / "project")
    assert files(tmp_path / "deep" / "project") == {file.path: file.content() for file in tree.shipped}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["project"]


def test_scripts_can_be_run_and_others_may_read(make: Make, tmp_path: Path) -> None:
    """Modes on disk."""
    write(make(), tmp_path / "project")
    assert (tmp_path / "project").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "project" / "deploy" / "deploy.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "project" / "README.md").stat().st_mode & 0o777 == 0o644


def test_an_empty_folder_is_filled(make: Make, tmp_path: Path) -> None:
    """One that the user has just made."""
    (tmp_path / "project").mkdir()
    write(make(), tmp_path / "project")
    assert (tmp_path / "project" / "README.md").exists()


def test_a_folder_with_something_in_it_is_refused(make: Make, tmp_path: Path) -> None:
    """Nothing of the user's is overwritten."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ScaffoldError, match="is not empty"):
        write(make(), tmp_path)
    assert files(tmp_path) == {"notes.txt": b"mine"}


def test_a_file_or_a_link_is_refused(make: Make, tmp_path: Path) -> None:
    """Where a folder is needed, and below a file there is none."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "link"):
        with pytest.raises(ScaffoldError, match="is not a folder"):
            write(make(), tmp_path / name)
    with pytest.raises(ScaffoldError, match="could not be written"):
        write(make(), tmp_path / "file" / "project")


def test_the_folder_in_which_one_stands_is_refused(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be replaced under the feet of the shell."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScaffoldError, match="the folder you are in"):
        write(make(), Path())


def test_a_failure_leaves_nothing(make: Make, tmp_path: Path) -> None:
    """Neither half a project nor the draft of one: here the disk fills up at the last file."""

    def full() -> bytes:
        raise OSError(28, os.strerror(28))

    tree = make()
    last = replace(tree.shipped[-1], render=full)
    with pytest.raises(ScaffoldError, match="No space left"):
        write(replace(tree, files=(*tree.files[:-1], last)), tmp_path / "project")
    assert list(tmp_path.iterdir()) == []


def test_the_archive_is_the_same_every_time(make: Make) -> None:
    """Fixed times, sorted, below one folder, scripts executable."""
    archive = zip_bytes(make())
    assert archive == zip_bytes(make())
    with zipfile.ZipFile(io.BytesIO(archive)) as parts:
        assert parts.testzip() is None
        names = parts.namelist()
        assert names == sorted(names) and all(name.startswith("churn/") for name in names)
        assert {name.removeprefix("churn/") for name in names} == {file.path for file in make().shipped}
        assert parts.getinfo("churn/deploy/deploy.sh").external_attr >> 16 == 0o100755
        assert parts.getinfo("churn/README.md").date_time == (1980, 1, 1, 0, 0, 0)


def test_the_folder_of_a_nameless_script_has_a_name(make: Make) -> None:
    """Names without a Latin letter."""
    assert make(name="שלום").name == "project"
    assert make(name="../../etc").name == "etc"
