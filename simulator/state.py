"""What outlives a crash: one SQLite file, one row a resource, every request one transaction.

The write-ahead log makes ``kill -9`` at any moment harmless: a request has happened as a whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
    body TEXT NOT NULL, request TEXT NOT NULL, hidden TEXT NOT NULL, created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS resources_by_type ON resources (type);
CREATE TABLE IF NOT EXISTS operations (
    id TEXT PRIMARY KEY, resource TEXT NOT NULL, type TEXT NOT NULL, action TEXT NOT NULL,
    started REAL NOT NULL, ends REAL NOT NULL, status_path TEXT NOT NULL, result_path TEXT NOT NULL,
    retry_after INTEGER, error TEXT, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS operations_running ON operations (state, ends);
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (room TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (room, key));
"""


@dataclass
class Resource:
    """One resource: ``body`` is what answers show, ``request`` what was asked, ``hidden`` what never leaves."""

    id: str
    type: str
    name: str
    state: str
    body: dict[str, Any]
    request: dict[str, Any] = field(default_factory=dict)
    hidden: dict[str, Any] = field(default_factory=dict)
    created: float = 0.0

    @property
    def key(self) -> str:
        """The ID as ARM compares it: without regard to case."""
        return self.id.lower()

    @property
    def seed(self) -> str:
        """What its keys are made from: where it first stood, so that a move to another group changes none."""
        return str(self.hidden.get("first stood at", self.key))

    @property
    def location(self) -> str:
        """The region's name, empty for types that have none."""
        return str(self.body.get("location", ""))

    @property
    def group(self) -> str:
        """The resource group's name as the ID spells it, empty above resource groups."""
        parts = self.id.split("/")
        return parts[4] if len(parts) > 4 and parts[3].lower() == "resourcegroups" else ""


class State:
    """The open database; used from one thread only."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing with NORMAL; only a power cut can lose the newest commits.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file, which folds the write-ahead log into it."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that happens inside, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Undo all that happens inside, within a transaction."""
        self._db.execute("SAVEPOINT trial")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK TO trial")
            self._db.execute("RELEASE trial")

    def run(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        return self._db.execute(sql, values).fetchall()

    def get(self, resource_id: str) -> Resource | None:
        """Return the resource with this ID, in whatever case it is written."""
        rows = self.run("SELECT * FROM resources WHERE key = ?", resource_id.lower())
        return _resource(rows[0]) if rows else None

    def put(self, resource: Resource) -> None:
        """Insert or replace a resource."""
        self.run(
            "INSERT INTO resources VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET state = excluded.state,"
            " body = excluded.body, request = excluded.request, hidden = excluded.hidden",
            resource.key,
            resource.id,
            resource.type.lower(),
            resource.name,
            resource.state,
            json.dumps(resource.body),
            json.dumps(resource.request),
            json.dumps(resource.hidden),
            resource.created,
        )

    def remove(self, resource_id: str) -> None:
        """Remove a resource with all that stands under it."""
        key = resource_id.lower()
        self.run("DELETE FROM resources WHERE key = ? OR substr(key, 1, ?) = ?", key, len(key) + 1, key + "/")

    def under(self, scope: str, arm_type: str = "") -> list[Resource]:
        """Return what stands under a scope in the order of creation, of one type or of all."""
        prefix = scope.lower().rstrip("/") + "/"
        rows = self.run(
            "SELECT * FROM resources WHERE substr(key, 1, ?) = ? AND (? = '' OR type = ?) ORDER BY created, rowid",
            len(prefix),
            prefix,
            arm_type.lower(),
            arm_type.lower(),
        )
        return [_resource(row) for row in rows]

    def everything(self, arm_type: str = "") -> list[Resource]:
        """Return every resource of every subscription, of one type or of all."""
        return self.under("/subscriptions", arm_type)

    def note(self, room: str, key: str) -> Any:
        """Return a small remembered value, or None."""
        rows = self.run("SELECT value FROM notes WHERE room = ? AND key = ?", room, key.lower())
        return json.loads(rows[0]["value"]) if rows else None

    def notes(self, room: str) -> dict[str, Any]:
        """Return every value that one room remembers, oldest first."""
        rows = self.run("SELECT key, value FROM notes WHERE room = ? ORDER BY rowid", room)
        return {row["key"]: json.loads(row["value"]) for row in rows}

    def set_note(self, room: str, key: str, value: Any) -> None:
        """Remember a small value; None forgets it."""
        if value is None:
            self.run("DELETE FROM notes WHERE room = ? AND key = ?", room, key.lower())
            return
        text = json.dumps(value)
        sql = "INSERT INTO notes VALUES (?,?,?) ON CONFLICT (room, key) DO UPDATE SET value = excluded.value"
        self.run(sql, room, key.lower(), text)

    def clear(self) -> None:
        """Forget everything but what the program itself remembers about its state (room ``program``)."""
        for table in ("resources", "operations", "journal"):
            self.run(f"DELETE FROM {table}")
        self.run("DELETE FROM sqlite_sequence")
        self.run("DELETE FROM notes WHERE room != 'program'")


def _resource(row: sqlite3.Row) -> Resource:
    return Resource(
        id=row["id"],
        type=row["type"],
        name=row["name"],
        state=row["state"],
        body=json.loads(row["body"]),
        request=json.loads(row["request"]),
        hidden=json.loads(row["hidden"]),
        created=row["created"],
    )
