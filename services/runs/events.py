"""What happened in a step, line by line: every try, what Azure answered, under which IDs. Lines are only added."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.runs.database import reading, writing
from services.runs.tables import events

LONGEST = 2000


@dataclass(frozen=True)
class Event:
    """One line of a step's log. `at` is in seconds since the epoch; IDs are Azure's, for its support."""

    text: str
    attempt: int = 0
    code: str = ""
    status: int | None = None
    request_id: str = ""
    correlation_id: str = ""
    at: float = 0.0
    key: str = ""

    @classmethod
    def of(cls, text: str, attempt: int, answer: object) -> "Event":
        """A line about an answer of Azure's (`Begun`, `CloudError`), with what it says of itself."""
        code, status = getattr(answer, "code", ""), getattr(answer, "status", None)
        request, correlation = getattr(answer, "request_id", ""), getattr(answer, "correlation_id", "")
        return cls(text, attempt, code, status, request, correlation)


def add(run_id: str, key: str, event: Event) -> None:
    """Write a line in a transaction of its own."""
    with writing() as db:
        write(db, run_id, key, event)


def write(db: sa.Connection, run_id: str, key: str, event: Event) -> None:
    """Write a line in the caller's transaction."""
    row = {"run_id": run_id, "key": key, "at": event.at or time.time(), "text": event.text[:LONGEST]}
    ids = {"request_id": event.request_id[:64], "correlation_id": event.correlation_id[:64]}
    more = {"attempt": event.attempt, "code": event.code[:128], "status": event.status}
    db.execute(sa.insert(events).values(**row, **ids, **more))


def of_run(run_id: str) -> dict[str, list[Event]]:
    """Key -> the lines of that step, the oldest first."""
    wanted = sa.select(events).where(events.c.run_id == run_id).order_by(events.c.id)
    found: dict[str, list[Event]] = {}
    with reading() as db:
        for row in db.execute(wanted).mappings():
            found.setdefault(row["key"], []).append(_event(dict(row)))
    return found


def _event(row: Mapping[str, Any]) -> Event:
    return Event(**{name: row[name] for name in Event.__dataclass_fields__})
