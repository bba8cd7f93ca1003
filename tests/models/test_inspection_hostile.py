"""Inspection of hostile files: proven alive where that is cheap, and never safe."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.models.inspection import inspect
from tests.models.hostile import formats, greedy, pickles

PROVE = Path(__file__).parent / "hostile" / "prove.py"
OTHERS = {**dict(greedy.files()), **dict(formats.files())}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, Path]]]:
    """File name -> (what it is, its path), of every hostile pickle."""
    folder = tmp_path_factory.mktemp("live")
    (folder / "files").mkdir()
    made = {}
    for number, (name, loader, data) in enumerate(pickles.live(str(folder / "mark"))):
        path = folder / "files" / f"{number:03}.{loader}"
        path.write_bytes(data)
        made[path.name] = (name, path)
    return made


def test_the_hostile_pickles_are_alive(live):
    """Nearly all really run when they are loaded: what the next test calls not safe are true attacks."""
    folder = next(iter(live.values()))[1].parent
    command = [sys.executable, "-W", "ignore", str(PROVE), str(folder), str(folder.parent / "mark")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    asleep = {name for file, (name, _) in live.items() if file not in json.loads(done.stdout)}
    assert asleep <= {"call numpy's ufunc by name"}  # which NumPy 2.4 has no more; older ones do
    assert len(live) >= 100


def test_every_live_pickle_is_blocked(live):
    """Each is blocked, not merely unknown, and looking at it runs nothing."""
    verdicts = {name: inspect(path).verdict for name, path in live.values()}
    assert {name: verdict for name, verdict in verdicts.items() if verdict != "blocked"} == {}
    assert not (next(iter(live.values()))[1].parents[1] / "mark").exists()


@pytest.mark.parametrize("name", OTHERS)
def test_no_other_hostile_file_is_safe(tmp_path, name):
    """Bombs, forged arrays, odd archives, files with code, renamed programs, files cut off: each has a reason."""
    path = tmp_path / "model.pkl"
    path.write_bytes(OTHERS[name])
    found = inspect(path)
    reasons = [reason for reason in found.reasons if not reason.startswith("It holds no model")]
    assert found.verdict != "safe" and reasons
    assert not any("cannot be understood" in reason for reason in found.reasons)
