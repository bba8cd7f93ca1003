"""Projects and their drafts: in the database from the first key stroke, and safe between two tabs."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.naming import SUFFIX_ALPHABET, slug
from services.runs.database import reading, writing
from services.runs.tables import audit, projects

MISSING: Any = object()


@dataclass(frozen=True)
class Project:
    """A project as it is stored: `choices` holds only what the user chose, `version` counts its changes.

    `applied` is the identity (cloud, subscription, resource group, name) once a run has begun, and then fixed.
    """

    id: str
    name: str
    choices: Mapping[str, Any]
    version: int
    writer: str
    applied: tuple[str, ...] | None
    created_at: float
    updated_at: float


class ProjectMissing(LookupError):
    """There is no such project (any more)."""


class Conflict(Exception):
    """Somebody else changed the same key meanwhile. `theirs` is what stands there now, `mine` what was not written."""

    def __init__(self, path: str, mine: Any, theirs: Any, at: float) -> None:
        super().__init__(f"{path} was changed elsewhere")
        self.path, self.mine, self.theirs, self.at = path, mine, theirs, at


def create(choices: Mapping[str, Any], writer: str = "") -> Project:
    """Store a new project and give it an ID that can stand in a URL."""
    name, now = str(choices.get("name") or "project")[:200], time.time()
    id = f"{slug(name)[:40].strip('-')}-{''.join(secrets.choice(SUFFIX_ALPHABET) for _ in range(4))}"
    row = {
        "id": id,
        "name": name,
        "choices": dict(choices),
        "version": 1,
        "writer": writer,
        "created_at": now,
        "updated_at": now,
    }
    with writing() as db:
        db.execute(sa.insert(projects).values(**row))
        _log(db, writer, id, "project created", {"name": name})
    return get(id)


def get(id: str) -> Project:
    """Read a project; `ProjectMissing` when there is none."""
    with reading() as db:
        row = db.execute(sa.select(projects).where(projects.c.id == id)).one_or_none()
    if row is None:
        raise ProjectMissing(f"There is no project {id!r} here.")
    return _project(row)


def every() -> list[Project]:
    """All projects, the one changed last first."""
    with reading() as db:
        rows = db.execute(sa.select(projects).order_by(projects.c.updated_at.desc())).all()
    return [_project(row) for row in rows]


def set_key(
    id: str, path: str, value: Any, *, seen: Mapping[str, Any], seen_version: int, writer: str = ""
) -> Project:
    """Write one key (`storage_account.name`; MISSING removes it), unless another tab has changed that key since `seen`.

    A change elsewhere of other keys is no conflict: both stand. Raises `Conflict`, `ProjectMissing`.
    """
    with writing() as db:
        row = db.execute(sa.select(projects).where(projects.c.id == id).with_for_update()).one_or_none()
        if row is None:
            raise ProjectMissing(f"There is no project {id!r} here.")
        now = _project(row)
        theirs = look_up(now.choices, path)
        if now.version != seen_version and theirs != look_up(seen, path) and theirs != value:
            raise Conflict(path, value, None if theirs is MISSING else theirs, now.updated_at)
        if theirs != value:
            _write(db, now, with_key(now.choices, path, value), writer)
    return get(id)


def replace(id: str, choices: Mapping[str, Any], writer: str = "") -> Project:
    """Write all choices anew, as when a file is loaded over a project."""
    with writing() as db:
        row = db.execute(sa.select(projects).where(projects.c.id == id).with_for_update()).one_or_none()
        if row is None:
            raise ProjectMissing(f"There is no project {id!r} here.")
        _write(db, _project(row), choices, writer)
        _log(db, writer, id, "project replaced", {})
    return get(id)


def look_up(choices: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or MISSING."""
    value: Any = choices
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return MISSING
        value = value[part]
    return value


def with_key(choices: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Choices with one key set, or removed by MISSING."""
    head, _, rest = path.partition(".")
    changed = dict(choices)
    if rest:
        below = changed.get(head)
        changed[head] = with_key(below if isinstance(below, Mapping) else {}, rest, value)
        if not changed[head]:
            del changed[head]
    elif value is MISSING:
        changed.pop(head, None)
    else:
        changed[head] = value
    return changed


def _write(db: sa.Connection, now: Project, choices: Mapping[str, Any], writer: str) -> None:
    values = {
        "choices": dict(choices), "name": str(choices.get("name") or now.name)[:200], "version": now.version + 1,
        "writer": writer, "updated_at": time.time(),
    }  # fmt: skip
    db.execute(sa.update(projects).where(projects.c.id == now.id).values(**values))


def _log(db: sa.Connection, by: str, project_id: str, action: str, detail: Mapping[str, Any]) -> None:
    db.execute(
        sa.insert(audit).values(
            at=time.time(), by=by, project_id=project_id, action=action, detail=dict(detail)
        )
    )


def _project(row: Any) -> Project:
    fields = dict(row._mapping)
    fields["applied"] = tuple(fields["applied"]) if fields["applied"] else None
    return Project(**fields)
