"""The record of runs that people see: written by the worker in its steps, read by pages and the command line."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

import sqlalchemy as sa

from services.catalogue.base import Resource
from services.parsing import parse
from services.plan import Plan, build_plan
from services.progress import BUSY, DONE, ENDED, RunState, RunView, StepError, StepState, StepView
from services.runs.database import reading, writing
from services.runs.tables import audit, projects, runs, steps

Identity = tuple[str, str, str, str]


class RunMissing(LookupError):
    """There is no such run."""


class RunActive(Exception):
    """The project has a run that goes on."""

    def __init__(self, run_id: str, project: str) -> None:
        super().__init__(
            f"A run of {project} is going on already ({run_id}). See it with `python -m services status`."
        )
        self.run_id = run_id


def open_run(
    run_id: str, project_id: str, plan: Plan, choices: Mapping[str, Any], pace: float, by: str
) -> None:  # fmt: skip
    """Write a new run with a step for every resource; `RunActive` when another run of the same project goes on."""
    config, now = plan.config, time.time()
    identity = "/".join(config.identity).lower()
    with writing() as db:
        going_on = sa.select(runs.c.id).where(runs.c.identity == identity, runs.c.state.not_in(ENDED))
        active = db.execute(going_on).scalar()
        if active:
            raise RunActive(active, config.name)
        row = {"id": run_id, "project_id": project_id, "kind": "apply", "target": config.cloud, "by": by}
        more = {"identity": identity, "state": "Queued", "choices": dict(choices), "created_at": now}
        db.execute(sa.insert(runs), row | more)
        db.execute(sa.insert(steps), [_planned(run_id, position, r, pace) for position, r in enumerate(plan)])
        applied = sa.update(projects).where(projects.c.id == project_id)
        db.execute(applied.values(applied=list(config.identity)))
        note(db, by, project_id, "run started", {"run": run_id})


def plan_of(run_id: str) -> Plan:
    """The plan that a run walks, built anew from the choices that it was started with."""
    return build_plan(parse(_run(run_id)["choices"]).strict())


def view(run_id: str) -> RunView:
    """How far a run is; `RunMissing` when there is none."""
    return _view(_run(run_id))


def newest(project_id: str) -> RunView | None:
    """The newest run of a project."""
    return next(iter(history(project_id, limit=1)), None)


def newest_of(identity: Identity) -> RunView | None:
    """The newest run of whatever project has that identity."""
    wanted = (
        sa.select(runs)
        .where(runs.c.identity == "/".join(identity).lower())
        .order_by(runs.c.created_at.desc())
    )
    with reading() as db:
        row = db.execute(wanted.limit(1)).mappings().one_or_none()
    return _view(dict(row)) if row else None


def history(project_id: str, limit: int = 100) -> list[RunView]:
    """The runs of a project, the newest first."""
    wanted = (
        sa.select(runs).where(runs.c.project_id == project_id).order_by(runs.c.created_at.desc()).limit(limit)
    )
    with reading() as db:
        rows = db.execute(wanted).mappings().all()
    return [_view(dict(row)) for row in rows]


def set_run(run_id: str, **values: Any) -> None:
    """Change columns of a run."""
    with writing() as db:
        db.execute(sa.update(runs).where(runs.c.id == run_id).values(**values))


def set_step(run_id: str, key: str, **values: Any) -> None:
    """Change columns of a step; an error is given as `StepError`."""
    if isinstance(values.get("error"), StepError):
        values["error"] = asdict(values["error"])
    with writing() as db:
        db.execute(sa.update(steps).where(steps.c.run_id == run_id, steps.c.key == key).values(**values))


def step(run_id: str, key: str) -> dict[str, Any]:
    """The raw row of a step, with what no page needs (`put_at`)."""
    with reading() as db:
        row = (
            db.execute(sa.select(steps).where(steps.c.run_id == run_id, steps.c.key == key)).mappings().one()
        )
    return dict(row)


def cancelled(run_id: str) -> bool:
    """Whether the user has asked to cancel."""
    return bool(_run(run_id)["cancelled"])


def made_by_groundplan(resource_id: str) -> bool:
    """Whether any run of this installation has created that resource."""
    wanted = sa.select(steps.c.run_id).where(
        sa.func.lower(steps.c.resource_id) == resource_id.lower(), steps.c.created_by_run
    )
    with reading() as db:
        return db.execute(wanted.limit(1)).first() is not None


def note(db: sa.Connection, by: str, project_id: str, action: str, detail: Mapping[str, Any]) -> None:
    """Add a line to the audit trail, in the caller's transaction."""
    db.execute(
        sa.insert(audit).values(
            at=time.time(), by=by, project_id=project_id, action=action, detail=dict(detail)
        )
    )


def _planned(run_id: str, position: int, r: Resource, pace: float) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "key": r.key,
        "position": position,
        "depends_on": list(r.depends_on),
        "state": "Planned",
        "expected_s": r.expected_s * pace,
        "resource_id": r.id,
    }


def _run(run_id: str) -> Mapping[str, Any]:
    with reading() as db:
        row = db.execute(sa.select(runs).where(runs.c.id == run_id)).mappings().one_or_none()
    if row is None:
        raise RunMissing(f"There is no run {run_id!r}.")
    return dict(row)


def _view(row: Mapping[str, Any]) -> RunView:
    with reading() as db:
        found = (
            db.execute(sa.select(steps).where(steps.c.run_id == row["id"]).order_by(steps.c.position))
            .mappings()
            .all()
        )
    views = {r["key"]: _step_view(dict(r)) for r in found}
    state = row["state"] if row["state"] != "Running" else _running_state(views)
    return RunView(
        row["id"], row["project_id"], row["kind"], state, views, row["created_at"], row["started_at"],
        row["finished_at"], row["by"],
    )  # fmt: skip


def _step_view(row: Mapping[str, Any]) -> StepView:
    fields = {k: row[k] for k in StepView.__dataclass_fields__ if k in row}
    fields["depends_on"] = tuple(fields["depends_on"])
    fields["error"] = StepError(**row["error"]) if row["error"] else None
    assert row["state"] in get_args(StepState)
    return StepView(**fields)


def _running_state(views: Mapping[str, StepView]) -> RunState:
    """A run is parked when something has failed and nothing else moves or is about to begin."""
    failed = any(s.state == "Failed" for s in views.values())
    return "Parked" if failed and not any(_moves(s, views) for s in views.values()) else "Running"


def _moves(step: StepView, views: Mapping[str, StepView]) -> bool:
    about_to = step.state in ("Planned", "Waiting") and all(views[d].state in DONE for d in step.depends_on)
    return about_to or step.state in BUSY
