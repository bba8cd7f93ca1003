"""Builds the Python environment of a handler once, with uv, and keeps it by the hash of what it was built from."""

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.models import installing
from services.models.installing import BuildFailed
from services.models.wanted import Wanted
from services.processes import locks
from services.processes.home import home

KEEP = 10  # environments
KEEP_BYTES = 20 * 10**9
SPACE_LEFT = 500 << 20  # below that uv would leave the disk full
_MARK = "groundplan.json"

# What is being done now and how far it is: ("Install packages", "12 packages found").
Say = Callable[[str, str], None]
STEPS = ("Find Python", "Make the environment", "Install packages")


@dataclass(frozen=True)
class Environment:
    """A built environment: its folder, and the prefix of the Python that it stands on."""

    path: Path
    base: Path
    took_s: float
    size: int

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"


def found(wanted: Wanted) -> Environment | None:
    """The environment, if it has been built here."""
    path = _place(wanted)
    try:
        mark = json.loads((path / _MARK).read_text())
        environment = Environment(path, Path(mark["base"]), mark["took_s"], mark["size"])
    except (OSError, ValueError, KeyError):
        return None
    return environment if (environment.python).exists() else None  # its Python may have been uninstalled


def build(wanted: Wanted, say: Say | None = None) -> Environment:
    """Give the environment; build it first if it is not there. Two who want the same build it once.

    It grows in a folder of its own and is moved in one step, so that no kill leaves half an environment.
    Raises `BuildFailed`.
    """
    place = _place(wanted)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locks.exclusive(place.with_suffix(".lock"), within=3600):
        environment = found(wanted)
        if environment is None:
            with _growing(place) as folder:
                environment = _build(wanted, folder, place, say or (lambda step, note: None))
    os.utime(environment.path)
    return environment


def clean(keep: int = KEEP, keep_bytes: int = KEEP_BYTES, spare: frozenset[Path] = frozenset()) -> list[Path]:
    """Remove what was used longest ago beyond `keep` environments or `keep_bytes`, and what a kill left behind."""
    built = sorted(_every(), key=lambda path: -path.stat().st_mtime)
    gone, used = list[Path](), 0
    for number, path in enumerate(built):
        used += _size_of(path)
        if path not in spare and (number >= keep or used > keep_bytes):
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path)
    return gone


def _build(wanted: Wanted, folder: Path, place: Path, say: Say) -> Environment:
    began = time.monotonic()
    _check_space(folder)
    say(STEPS[0], "")
    python = _interpreter(wanted.python, folder)
    say(STEPS[1], str(python))
    grown = folder / "environment"
    installing.run(
        ["venv", "--python", str(python), "--no-python-downloads", "--relocatable", str(grown)], folder
    )
    say(STEPS[2], "")
    (folder / "requirements.txt").write_text("\n".join(wanted.lines) + "\n")
    installing.run(_install(wanted, grown), folder, installing.Counting(lambda note: say(STEPS[2], note)))
    installing.compile_bytecode(python, grown, place)
    base = Path(os.path.realpath(python)).parents[1]
    size, took = _bytes_below(grown), time.monotonic() - began
    (grown / _MARK).write_text(json.dumps({"base": str(base), "took_s": round(took, 2), "size": size}))
    if place.exists():
        shutil.rmtree(place)
    grown.replace(place)
    return Environment(place, base, took, size)


def _install(wanted: Wanted, grown: Path) -> list[str]:
    """Wheels alone: building a package would run its code here; so would uv's own --compile-bytecode (.pth files)."""
    return [
        "pip", "install", "--python", str(grown / "bin" / "python"), "--no-build", "--no-compile-bytecode",
        "--index-strategy", "unsafe-best-match", *wanted.options, "-r", "requirements.txt",
    ]  # fmt: skip


def _interpreter(minor: str, folder: Path) -> Path:
    """A Python of that minor version: the one that runs us, if it fits, else one that uv finds on this machine."""
    if minor == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(os.path.realpath(sys.executable))
    try:
        lines = installing.run(["python", "find", minor, "--no-python-downloads", "--system"], folder)
    except BuildFailed as error:
        raise BuildFailed(
            f"The environment asks for Python {minor}, and this machine has none. Install it (uv python install {minor}), "
            f"or ask for Python {sys.version_info.major}.{sys.version_info.minor} on the page API handler.",
            error.answer,
        ) from None
    paths = [Path(line) for line in lines if line.startswith("/")]
    return Path(os.path.realpath(paths[-1]))


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < SPACE_LEFT:
        raise BuildFailed(
            f"The disk of {folder.parent} is full ({free >> 20} MB free). Free some space, then try again."
        )


@contextmanager
def _growing(place: Path) -> Iterator[Path]:
    """A folder for one build, gone with the block; what a killed build left of the same environment goes first."""
    folder = place.with_name(f".building-{place.name}")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
        yield folder
    except OSError as error:
        raise BuildFailed(installing.explain(str(error)), str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(wanted: Wanted) -> Path:
    return _folder() / f"{wanted.python}-{platform.machine()}-{wanted.digest[:24]}"


def _every() -> list[Path]:
    return [path.parent for path in _folder().glob(f"*/{_MARK}")]


def _folder() -> Path:
    return home() / "models" / "environments"


def _size_of(path: Path) -> int:
    try:
        return int(json.loads((path / _MARK).read_text())["size"])
    except (OSError, ValueError, KeyError):
        return 0


def _bytes_below(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir())
