"""The model files of one installation, stored by what is in them: a name from outside never becomes a path."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from services.processes.home import home

BLOCK = 1 << 20
_SHA256 = re.compile("[0-9a-f]{64}")
_SPACE_LEFT = 64 << 20  # what databases and logs need to go on

Say = Callable[[str], None]


class FileMissing(LookupError):
    """The file of a model is not in this installation (any more)."""


class FileNotKept(Exception):
    """A file could not be stored; the message says why and what to do."""


@dataclass(frozen=True)
class Stored:
    """A file in the store: the SHA-256 of its content, its size in bytes, and where it lies, to be read only."""

    sha256: str
    size: int
    path: Path


def path_of(sha256: str) -> Path:
    """Return where a file lies; `FileMissing` when it is not there."""
    path = _place(sha256) if _SHA256.fullmatch(sha256) else None
    if path is None or not path.is_file():
        raise FileMissing(f"The model file {sha256[:12]}... is not in this installation. Bring it again.")
    return path


def keep(path: Path, say: Say | None = None) -> Stored:
    """Copy a file into the store; what is there already is not copied twice. `FileNotKept` when it can't be."""
    try:
        with path.open("rb") as source, tempfile.NamedTemporaryFile(dir=_folder(), delete=False) as copy:
            part = Path(copy.name)
            try:
                _check_space(os.fstat(source.fileno()).st_size)
                sha256 = _copied(source, copy, say)
                copy.flush()
                return adopt(part, sha256)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise not_kept(error) from error


def adopt(part: Path, sha256: str) -> Stored:
    """Move a finished file whose SHA-256 is known into the store; the same content again is dropped.

    `part` must lie in the home, so that the move is one atomic step. Raises OSError.
    """
    place, size = _place(sha256), part.stat().st_size
    if place.is_file() and place.stat().st_size == size:
        part.unlink()
        return Stored(sha256, size, place)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.chmod(0o400)
    part.replace(place)
    _settle(place.parent)
    return Stored(sha256, size, place)


def forget(sha256: str) -> None:
    """Delete a file from the store; nothing happens when it is not there."""
    if _SHA256.fullmatch(sha256):
        _place(sha256).unlink(missing_ok=True)


def used_bytes() -> int:
    """Return how much room the stored files take."""
    return sum(file.stat().st_size for file in _folder().iterdir() if _SHA256.fullmatch(file.name))


def sweep(oldest: float) -> None:
    """Remove what a copy that was killed before `oldest` (seconds since the epoch) has left."""
    for file in _folder().iterdir():
        if not _SHA256.fullmatch(file.name) and file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)


def lacking_space(size: int) -> str | None:
    """Return in words what is lacking to store that many bytes, None when there is room."""
    free = shutil.disk_usage(_folder()).free - _SPACE_LEFT
    if size <= free:
        return None
    return (
        f"The file takes {in_words(size)} and the disk of {_folder()} has {in_words(max(free, 0))} to spare. "
        "Free some space, or name a folder on a larger disk in GROUNDPLAN_HOME."
    )


def in_words(size: int) -> str:
    """Return a size as people read it: 812 bytes, 4.2 MB, 1.3 GB; a MB is 1,000,000 bytes, as in the portal."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    unit, factor = next(pair for pair in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)) if size >= pair[1])
    return f"{size / factor:.3g} {unit}" if size / factor < 100 else f"{size / factor:,.0f} {unit}"


def not_kept(error: OSError) -> FileNotKept:
    """Return what a failed write means to the one who waits for it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FileNotKept(f"The disk of {_folder()} is full. Free some space and try again.")
    return FileNotKept(f"The file could not be stored: {error.strerror or error}.")


def _copied(source: IO[bytes], copy: IO[bytes], say: Say | None) -> str:
    digest, size, done = hashlib.sha256(), os.fstat(source.fileno()).st_size, 0
    while block := source.read(BLOCK):
        digest.update(block)
        copy.write(block)
        done += len(block)
        if say and done % (64 * BLOCK) < BLOCK:
            say(f"Copied {in_words(done)} of {in_words(size)}.")
    return digest.hexdigest()


def _check_space(size: int) -> None:
    lacking = lacking_space(size)
    if lacking:
        raise FileNotKept(lacking)


def _settle(folder: Path) -> None:
    """Make a rename survive a power cut; a folder can't be opened for it everywhere."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)


def _place(sha256: str) -> Path:
    return _folder() / sha256


def _folder() -> Path:
    folder = home() / "models" / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
