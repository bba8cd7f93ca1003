"""The models of a project as they are kept: file, intake, edited handler, golden set, verdict, override.

A project may have had several; the one chosen last is the one that its pages, its gate and its graph speak of.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.models.intake import Intake
from services.naming import SUFFIX_ALPHABET
from services.runs import journal
from services.runs.database import reading, writing
from services.runs.tables import models


@dataclass(frozen=True)
class ModelRecord:
    """A model of a project. `files` holds only the handler's files that the user has edited: name -> text.

    `golden` is the golden set: [{"request": ..., "expected": ...}]. `verdict` is of the last test on this machine.
    `override` says who has let a file pass that intake blocked or does not know: {"by", "at", "typed"}.
    `version` counts changes, so that two tabs notice each other.
    """

    id: str
    project_id: str
    sha256: str
    file_name: str
    size: int
    intake: Intake
    files: Mapping[str, str]
    golden: Sequence[Mapping[str, Any]]
    verdict: Mapping[str, Any] | None
    override: Mapping[str, Any] | None
    version: int
    created_at: float
    chosen_at: float


class ModelMissing(LookupError):
    """There is no such model (any more)."""


class ModelChanged(Exception):
    """Another tab has changed the model meanwhile; nothing was written."""


def add(project_id: str, file_name: str, intake: Intake, by: str = "") -> ModelRecord:
    """Keep a model of a project and choose it; the same file again (by content and name) is chosen, with what it has."""
    now = time.time()
    with writing() as db:
        mine = sa.and_(models.c.project_id == project_id, models.c.sha256 == intake.sha256)
        found = db.execute(sa.select(models.c.id).where(mine, models.c.file_name == file_name)).scalar()
        id = found or f"model-{''.join(secrets.choice(SUFFIX_ALPHABET) for _ in range(8))}"
        if found:
            values = {"chosen_at": now, "intake": intake.data(), "version": models.c.version + 1}
            db.execute(sa.update(models).where(models.c.id == id).values(**values))
        else:
            row = {"id": id, "project_id": project_id, "file_name": file_name, "intake": intake.data()}
            row |= {"sha256": intake.sha256, "size": intake.size, "files": {}, "golden": [], "version": 1}
            db.execute(sa.insert(models).values(**row, created_at=now, chosen_at=now))
        journal.note(db, by, project_id, "model added", {"file": file_name, "sha256": intake.sha256})
    return get(id)


def get(id: str) -> ModelRecord:
    """Read a model; `ModelMissing` when there is none."""
    with reading() as db:
        row = db.execute(sa.select(models).where(models.c.id == id)).mappings().one_or_none()
    if row is None:
        raise ModelMissing(f"There is no model {id!r} here.")
    return _record(dict(row))


def current(project_id: str) -> ModelRecord | None:
    """The model that a project's pages speak of: the one chosen last; None before the first."""
    return next(iter(every(project_id)), None)


def every(project_id: str) -> list[ModelRecord]:
    """The models of a project, the one chosen last first."""
    wanted = sa.select(models).where(models.c.project_id == project_id).order_by(models.c.chosen_at.desc())
    with reading() as db:
        return [_record(dict(row)) for row in db.execute(wanted).mappings()]


def choose(id: str, by: str = "") -> ModelRecord:
    """Make a model the one that its project's pages speak of."""
    return _write(id, None, "model chosen", {}, by, chosen_at=time.time())


def set_files(id: str, files: Mapping[str, str], *, seen: int, by: str = "") -> ModelRecord:
    """Keep the edited files of the handler ({} goes back to the generated ones); `ModelChanged` if not as `seen`."""
    return _write(id, seen, "handler edited", {"files": sorted(files)}, by, files=dict(files))


def set_golden(id: str, golden: Sequence[Mapping[str, Any]], *, seen: int, by: str = "") -> ModelRecord:
    """Keep the golden set; `ModelChanged` if the model is not as `seen`."""
    return _write(id, seen, "golden set changed", {"requests": len(golden)}, by, golden=list(golden))


def set_verdict(id: str, verdict: Mapping[str, Any], by: str = "") -> ModelRecord:
    """Keep how the last test on this machine ended; the verdict itself says which hashes it is of."""
    return _write(
        id, None, "model tested", {"passed": bool(verdict.get("passed"))}, by, verdict=dict(verdict)
    )


def set_override(id: str, typed: str, by: str = "") -> ModelRecord:
    """Note that a person lets a file pass that intake did not call safe; `typed` is the name that was typed."""
    override = {"by": by, "at": time.time(), "typed": typed}
    return _write(id, None, "model verdict overridden", {"typed": typed}, by, override=override)


def remove(id: str, by: str = "") -> None:
    """Take a model out of its project; its file stays until `used` says that nobody needs it."""
    with writing() as db:
        row = db.execute(sa.select(models).where(models.c.id == id)).mappings().one_or_none()
        if row is None:
            raise ModelMissing(f"There is no model {id!r} here.")
        db.execute(sa.delete(models).where(models.c.id == id))
        detail = {"model": id, "file": row["file_name"], "sha256": row["sha256"]}
        journal.note(db, by, row["project_id"], "model removed", detail)


def used(sha256: str) -> bool:
    """Whether a model of any project is this file."""
    with reading() as db:
        return db.execute(sa.select(models.c.id).where(models.c.sha256 == sha256)).first() is not None


def _write(
    id: str, seen: int | None, action: str, detail: Mapping[str, Any], by: str, **values: Any
) -> ModelRecord:
    with writing() as db:
        row = db.execute(
            sa.select(models.c.version, models.c.project_id).where(models.c.id == id).with_for_update()
        ).one_or_none()
        if row is None:
            raise ModelMissing(f"There is no model {id!r} here.")
        if seen is not None and row.version != seen:
            raise ModelChanged("This model was changed in another tab meanwhile; nothing was written.")
        db.execute(sa.update(models).where(models.c.id == id).values(version=row.version + 1, **values))
        journal.note(db, by, row.project_id, action, {"model": id, **detail})
    return get(id)


def _record(row: Mapping[str, Any]) -> ModelRecord:
    return ModelRecord(**(dict(row) | {"intake": Intake.of(row["intake"])}))
