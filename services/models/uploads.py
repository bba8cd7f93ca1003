"""Unfinished model files on disk: what has come so far, who may go on writing, and how one becomes a stored file.

An upload is a folder with what was announced and a part that only grows, so its length is the truth of how far it is:
after a closed tab or a killed server the same file goes on from there.
"""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.models import files
from services.models.files import Stored, in_words, lacking_space, not_kept
from services.models.upload_names import shown_name
from services.processes.home import home

LARGEST = 5 * 1024**3
KEPT_S = 7 * 24 * 3600
_ID_LENGTH = 32


@dataclass(frozen=True)
class Upload:
    """A file that is coming. `fingerprint` is the browser's, of its first and last MB; `sha256` is known at the end."""

    id: str
    project_id: str
    name: str
    size: int
    modified: str
    fingerprint: str
    begun_at: float
    sha256: str = ""

    @property
    def offset(self) -> int:
        """How many bytes have come."""
        return self.size if self.sha256 else _length(part_of(self.id))

    @property
    def expires_at(self) -> float:
        """When an upload that nobody continues is removed."""
        return _touched(self.id) + KEPT_S


class UploadMissing(LookupError):
    """There is no such upload (any more)."""


class UploadRefused(ValueError):
    """A file that is not taken; `rule` names the reason for programs, the message for people."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class UploadBusy(Exception):
    """Somebody else is writing this upload now."""


def begin(project_id: str, name: str, size: int, modified: str = "", fingerprint: str = "") -> Upload:
    """Announce a file, or find the upload of the same file again, with what has come of it.

    Raises `NameRefused`, `UploadRefused` (empty, too large, disk full) or `FileNotKept`.
    """
    plain = shown_name(name)
    _check_size(size)
    sweep()
    told = "\0".join([project_id, plain, str(size), modified, fingerprint])
    id = hashlib.sha256(told.encode()).hexdigest()[:_ID_LENGTH]
    known = _known(id)
    lacking = lacking_space(size - (known.offset if known else 0))
    if lacking:
        raise UploadRefused("disk_full", lacking)
    return known or _announce(Upload(id, project_id, plain, size, modified, fingerprint, time.time()))


def find(id: str, project_id: str) -> Upload:
    """Return an upload of a project; `UploadMissing` when it has none of that ID."""
    upload = _read(id)
    if upload is None or upload.project_id != project_id:
        raise UploadMissing("There is no such upload (any more). Choose the file again.")
    return upload


def unfinished(project_id: str) -> list[Upload]:
    """The uploads of a project that have not come to their end, the newest first."""
    mine = [one for one in _every() if one.project_id == project_id and not one.sha256]
    return sorted(mine, key=lambda one: one.begun_at, reverse=True)


def cancel(id: str, project_id: str) -> None:
    """Remove an upload and what has come of it."""
    shutil.rmtree(_folder(find(id, project_id).id), ignore_errors=True)


def sweep(now: float | None = None) -> None:
    """Remove what nobody has continued for seven days."""
    oldest = (time.time() if now is None else now) - KEPT_S
    for folder in _root().iterdir():
        if _touched(folder.name) < oldest:
            shutil.rmtree(folder, ignore_errors=True)
    files.sweep(oldest)


class Writer:
    """Appends to the part of an upload, hashing on the way; one at a time, across processes."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        try:
            self._file = os.open(part_of(upload.id), os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise UploadMissing("This upload has ended or was removed meanwhile.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise UploadBusy("Another tab is sending this file now.") from error
        self.offset = os.fstat(self._file).st_size

    def write(self, data: bytes | bytearray) -> None:
        """Append a block; `UploadRefused` for more than was announced, `FileNotKept` when the disk refuses."""
        if self.offset + len(data) > self.upload.size:
            raise UploadRefused("size", f"More came than the announced {in_words(self.upload.size)}.")
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            self.offset = os.fstat(self._file).st_size
            raise not_kept(error) from error
        _digests.follow(self.upload, self.offset, data)
        self.offset += len(data)

    def finish(self) -> Stored:
        """Move the whole file into the store, under its SHA-256."""
        part = part_of(self.upload.id)
        try:
            stored = files.adopt(part, _digests.of(self.upload))
        except FileNotFoundError as error:
            raise UploadMissing("This upload was removed meanwhile.") from error
        except OSError as error:
            raise not_kept(error) from error
        _write(Upload(**(asdict(self.upload) | {"sha256": stored.sha256})))
        return stored

    def close(self) -> None:
        """Let the next one write."""
        os.close(self._file)


class _Digests:
    """The SHA-256 of each part as far as this process has seen it come; what it has not seen is read from the disk."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, float], tuple[Any, int]] = {}

    def follow(self, upload: Upload, offset: int, data: bytes | bytearray) -> None:
        key = (upload.id, upload.begun_at)  # the same file, cancelled and begun anew, is another one
        digest, seen = self._seen.get(key, (hashlib.sha256(), 0))
        if seen == offset:
            digest.update(data)
            self._seen[key] = (digest, offset + len(data))

    def of(self, upload: Upload) -> str:
        digest, seen = self._seen.pop((upload.id, upload.begun_at), (hashlib.sha256(), 0))
        with part_of(upload.id).open("rb") as file:
            file.seek(seen)
            while block := file.read(files.BLOCK):
                digest.update(block)
        return str(digest.hexdigest())


_digests = _Digests()


def part_of(id: str) -> Path:
    """Return where the bytes of an upload are gathered."""
    return _folder(id) / "part"


def _check_size(size: int) -> None:
    if size <= 0:
        raise UploadRefused("empty", "This file is empty: it has no bytes. Save the model again.")
    if size > LARGEST:
        raise UploadRefused("too_large", f"This file has {in_words(size)}; {in_words(LARGEST)} is the most.")


def _known(id: str) -> Upload | None:
    """The upload of the same file, unless its finished file has left the store since."""
    known = _read(id)
    if known and known.sha256:
        try:
            files.path_of(known.sha256)
        except files.FileMissing:
            return None
    return known


def _announce(upload: Upload) -> Upload:
    try:
        _folder(upload.id).mkdir(mode=0o700, exist_ok=True)
        part_of(upload.id).touch(mode=0o600)
        _write(upload)
    except OSError as error:
        raise not_kept(error) from error
    return upload


def _write(upload: Upload) -> None:
    about = _folder(upload.id) / "about.json"
    draft = about.with_suffix(".new")
    draft.write_text(json.dumps(asdict(upload)), encoding="utf-8")
    draft.replace(about)


def _read(id: str) -> Upload | None:
    if len(id) != _ID_LENGTH or not id.isalnum() or not id.isascii():
        return None
    with suppress(OSError, ValueError, TypeError):
        return Upload(**json.loads((_folder(id) / "about.json").read_text(encoding="utf-8")))
    return None


def _every() -> Iterator[Upload]:
    yield from filter(None, (_read(folder.name) for folder in _root().iterdir()))


def _touched(id: str) -> float:
    """When the upload's last byte came."""
    for path in (part_of(id), _folder(id)):
        with suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _length(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _folder(id: str) -> Path:
    return _root() / id


def _root() -> Path:
    root = home() / "models" / "uploads"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root
