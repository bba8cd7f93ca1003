"""What is stored: rows in the simulator's database, bytes in files beside it that nobody changes once they are there.

A blob is a list of pieces, each a file: committing blocks moves no byte, and a copy shares the files.  A file is
written first and named by a row after it, so that ``kill -9`` leaves a stray file at worst; strays and what no row
names any more are swept.  Triggers let a container's blobs go with it, however its account or group was deleted.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.blobs.asked import Slice
from simulator.state import State
from simulator.world import World

FOLDER = "blobs"
ACCOUNTS = "microsoft.storage/storageaccounts"
CONTAINERS = f"{ACCOUNTS}/blobservices/containers"
WEEK = 7 * 86400.0
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS blobs (container TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
       size INTEGER NOT NULL, etag TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
       headers TEXT NOT NULL, metadata TEXT NOT NULL, more TEXT NOT NULL, PRIMARY KEY (container, name))""",
    """CREATE TABLE IF NOT EXISTS blob_pieces (id INTEGER PRIMARY KEY, container TEXT NOT NULL, name TEXT NOT NULL,
       committed INTEGER NOT NULL, seq INTEGER NOT NULL, block TEXT NOT NULL, file TEXT NOT NULL,
       size INTEGER NOT NULL, at REAL NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS blob_pieces_of ON blob_pieces (container, name, committed, seq)",
    "CREATE INDEX IF NOT EXISTS blob_pieces_in ON blob_pieces (file)",
    "CREATE TABLE IF NOT EXISTS blob_rubbish (file TEXT PRIMARY KEY)",
    """CREATE TRIGGER IF NOT EXISTS blob_goes AFTER DELETE ON blobs BEGIN
       DELETE FROM blob_pieces WHERE container = OLD.container AND name = OLD.name; END""",
    """CREATE TRIGGER IF NOT EXISTS blob_piece_goes AFTER DELETE ON blob_pieces BEGIN
       INSERT OR IGNORE INTO blob_rubbish VALUES (OLD.file); END""",
    f"""CREATE TRIGGER IF NOT EXISTS blob_container_goes AFTER DELETE ON resources WHEN OLD.type = '{CONTAINERS}' BEGIN
       DELETE FROM blobs WHERE container = OLD.key; DELETE FROM blob_pieces WHERE container = OLD.key; END""",
)
#: Files that are being read, counted: they stay although no row names them any more.
_READ: Counter[Path] = Counter()


@dataclass
class Blob:
    """A blob without its bytes; ``headers`` are its content settings, ``more`` tier, lease, copy and the like."""

    container: str
    name: str
    kind: str
    size: int = 0
    etag: str = ""
    created: float = 0.0
    modified: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """A block of a blob, committed or not."""

    block: str
    file: str
    size: int


@dataclass(frozen=True)
class Stored:
    """A blob as other rooms read it: its name below the prefix, its size, and the files that hold it, in order."""

    name: str
    size: int
    paths: tuple[Path, ...]


def prepare(world: World) -> None:
    """Make tables and folder, and sweep what a killed process left behind; done once, at the start."""
    with world.state.transaction():
        for statement in SCHEMA:
            world.state.run(statement)
        world.state.run("DELETE FROM blob_pieces WHERE committed = 0 AND at < ?", world.now() - WEEK)
    folder = world.folder / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    named = {row["file"] for row in world.state.run("SELECT DISTINCT file FROM blob_pieces")}
    for path in folder.iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
    world.state.run("DELETE FROM blob_rubbish")


def sweep(world: World, most: int = 64) -> None:
    """Delete some files that no row names any more; never within a transaction, which might be undone."""
    for row in world.state.run("SELECT file FROM blob_rubbish LIMIT ?", most):
        path = path_of(world, row["file"])
        if _READ[path]:
            continue
        if not world.state.run("SELECT 1 FROM blob_pieces WHERE file = ? LIMIT 1", row["file"]):
            path.unlink(missing_ok=True)
        world.state.run("DELETE FROM blob_rubbish WHERE file = ?", row["file"])


def new_file(world: World) -> Path:
    """Return a path for bytes that no row names yet."""
    return world.folder / FOLDER / uuid.uuid4().hex


def path_of(world: World, file: str) -> Path:
    """Return where a file of the store lies."""
    return world.folder / FOLDER / file


@contextmanager
def being_read(paths: Sequence[Path]) -> Iterator[None]:
    """Keep files from being swept while somebody reads them."""
    _READ.update(paths)
    try:
        yield
    finally:
        _READ.subtract(paths)
        for path in [path for path in paths if _READ[path] <= 0]:
            del _READ[path]


# -- for other rooms -------------------------------------------------------------------------------------------------


def files(world: World, account: str, container: str, prefix: str = "") -> list[Stored]:
    """Return the blobs of a container below a prefix, or the one of that very name, in the order of their names.

    A prefix is a folder or a whole name: ``models/m`` does not find ``models/m2``.  Names are relative to it; a
    blob of that very name has its last part.  Nothing where the account or the container is not there.
    """
    clean = prefix.strip("/")
    key = container_key(world.state, account, container)
    found = [one for one in below(world.state, key, clean) if _belongs(one.name, clean)] if key else []
    return [_stored(world, one, clean) for one in found]


def write_out(found: Sequence[Stored], folder: Path) -> list[Path]:
    """Write blobs into a folder and return the files.  It touches no database, so it may run in a thread.

    Raises:
        ValueError: a blob's name leads out of the folder.
    """
    targets = [folder / one.name for one in found]
    for one, target in zip(found, targets, strict=True):
        if not target.resolve().is_relative_to(folder.resolve()) or "\\" in one.name:
            raise ValueError(f"the blob name '{one.name}' leads out of its folder")
    with being_read([path for one in found for path in one.paths]):
        for one, target in zip(found, targets, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                for path in one.paths:
                    with path.open("rb") as piece:
                        shutil.copyfileobj(piece, out, 1 << 20)
    return targets


def copy_out(world: World, account: str, container: str, prefix: str, folder: Path) -> list[Path]:
    """Write what stands below a prefix into a folder: ``files`` and ``write_out`` in one."""
    return write_out(files(world, account, container, prefix), folder)


# -- rows ------------------------------------------------------------------------------------------------------------


def account_id(state: State, name: str) -> str:
    """Return the resource ID of the account of this name, empty where there is none."""
    rows = state.run("SELECT id FROM resources WHERE type = ? AND name = ?", ACCOUNTS, name)
    return str(rows[0]["id"]) if rows else ""


def container_key(state: State, account: str, container: str) -> str:
    """Return the key of a container, empty where the account or the container is not there."""
    root = account_id(state, account)
    found = state.get(f"{root}/blobServices/default/containers/{container}") if root else None
    return found.key if found else ""


def get(state: State, container: str, name: str) -> Blob | None:
    """Return a blob, None where there is none or only uncommitted blocks."""
    rows = state.run("SELECT * FROM blobs WHERE container = ? AND name = ?", container, name)
    return _blob(rows[0]) if rows else None


def put(state: State, blob: Blob) -> None:
    """Write a blob's row."""
    state.run(
        "INSERT INTO blobs VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (container, name) DO UPDATE SET kind = excluded.kind,"
        " size = excluded.size, etag = excluded.etag, created = excluded.created, modified = excluded.modified,"
        " headers = excluded.headers, metadata = excluded.metadata, more = excluded.more",
        blob.container,
        blob.name,
        blob.kind,
        blob.size,
        blob.etag,
        blob.created,
        blob.modified,
        json.dumps(blob.headers),
        json.dumps(blob.metadata),
        json.dumps(blob.more),
    )


def delete(state: State, blob: Blob) -> None:
    """Delete a blob with its pieces and with blocks that wait."""
    state.run("DELETE FROM blobs WHERE container = ? AND name = ?", blob.container, blob.name)


def below(state: State, container: str, prefix: str) -> list[Blob]:
    """Return the blobs whose names begin so."""
    sql = "SELECT * FROM blobs WHERE container = ? AND name >= ? AND substr(name, 1, ?) = ? ORDER BY name"
    return [_blob(row) for row in state.run(sql, container, prefix, len(prefix), prefix)]


def pieces(state: State, container: str, name: str, committed: bool = True) -> list[Piece]:
    """Return a blob's blocks in order: those that make it up, or those that wait."""
    sql = "SELECT * FROM blob_pieces WHERE container = ? AND name = ? AND committed = ? ORDER BY seq, id"
    rows = state.run(sql, container, name, int(committed))
    return [Piece(row["block"], row["file"], row["size"]) for row in rows]


def replace_pieces(state: State, world: World, container: str, name: str, found: Sequence[Piece]) -> None:
    """Make these the blob's pieces; what it had, and what waited, goes."""
    state.run("DELETE FROM blob_pieces WHERE container = ? AND name = ?", container, name)
    for number, piece in enumerate(found):
        add_piece(state, world, container, name, piece, number)


def add_piece(
    state: State, world: World, container: str, name: str, piece: Piece, seq: int, committed: bool = True
) -> None:
    """Add one piece."""
    sql = "INSERT INTO blob_pieces (container, name, committed, seq, block, file, size, at) VALUES (?,?,?,?,?,?,?,?)"
    state.run(sql, container, name, int(committed), seq, piece.block, piece.file, piece.size, world.now())


def wait_for_commit(state: State, world: World, container: str, name: str, piece: Piece) -> None:
    """Keep a block until it is committed; one of the same name that waits goes."""
    sql = "DELETE FROM blob_pieces WHERE container = ? AND name = ? AND committed = 0 AND block = ?"
    state.run(sql, container, name, piece.block)
    add_piece(state, world, container, name, piece, 0, committed=False)


def cut(world: World, found: Sequence[Piece], start: int, size: int) -> list[Slice]:
    """Return the slices that hold a stretch of a blob."""
    out: list[Slice] = []
    at = 0
    for piece in found:
        first, last = max(start, at), min(start + size, at + piece.size)
        if first < last:
            out.append(Slice(path_of(world, piece.file), first - at, last - first))
        at += piece.size
    return out


def drop_file(path: Path) -> None:
    """Delete bytes that no row came to name."""
    with suppress(OSError):
        path.unlink()


def _blob(row: Any) -> Blob:
    plain = {key: row[key] for key in ("container", "name", "kind", "size", "etag", "created", "modified")}
    return Blob(**plain, **{key: json.loads(row[key]) for key in ("headers", "metadata", "more")})


def _belongs(name: str, prefix: str) -> bool:
    return not name.endswith("/") and (not prefix or name == prefix or name.startswith(prefix + "/"))


def _stored(world: World, blob: Blob, prefix: str) -> Stored:
    name = blob.name.removeprefix(prefix).lstrip("/") or prefix.rsplit("/", 1)[-1]
    parts = pieces(world.state, blob.container, blob.name)
    return Stored(name, blob.size, tuple(path_of(world, piece.file) for piece in parts))
