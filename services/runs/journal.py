"""The record of runs that people see: written by the worker in its steps, read by pages and the command line."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, get_args

import sqlalchemy as sa

from services.catalogue import registry
from services.catalogue.base import Resource
from services.config import ProjectConfig
from services.parsing import parse
from services.plan import Plan, build_plan, build_release
from services.progress import BUSY, DONE, ENDED, RunKind, RunState, RunView, StepError, StepState, StepView
from services.release import Release
from services.runs import events
from services.runs.database import one_at_a_time, reading, writing
from services.runs.tables import audit, projects, runs, steps

Identity = tuple[str, str, str, str]
ALL: Sequence[RunKind] = get_args(RunKind)
SETUP: Sequence[RunKind] = ("apply", "destroy")
# Kinds of runs that put resources, and those that take them away.
PUTTING: Sequence[RunKind] = ("apply", "deploy")
TAKING: Sequence[RunKind] = ("destroy", "withdraw")
MODELS: Sequence[RunKind] = ("deploy", "withdraw")


@dataclass(frozen=True)
class NewRun:
    """A run that is about to begin: the columns of its steps in order, and what it was asked for besides."""

    id: str
    project_id: str
    kind: RunKind
    config: ProjectConfig
    steps: Sequence[Mapping[str, Any]]
    by: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """A line of the audit trail: when (seconds since the epoch), who, what, and the rest."""

    at: float
    by: str
    action: str
    detail: Mapping[str, Any]


class RunMissing(LookupError):
    """There is no such run."""


class RunActive(Exception):
    """The project has a run that goes on."""

    def __init__(self, run_id: str, project: str) -> None:
        super().__init__(
            f"A run of {project} is going on already ({run_id}). See it with `python -m services status`."
        )
        self.run_id = run_id


def open_run(run: NewRun) -> None:
    """Write a new run with its steps; `RunActive` when another run of the same project goes on."""
    config, now = run.config, time.time()
    identity = "/".join(config.identity).lower()
    with writing() as db:
        one_at_a_time(db, identity)
        going_on = sa.select(runs.c.id).where(runs.c.identity == identity, runs.c.state.not_in(ENDED))
        active = db.execute(going_on).scalar()
        if active:
            raise RunActive(active, config.name)
        row = {
            "id": run.id,
            "project_id": run.project_id,
            "kind": run.kind,
            "target": config.cloud,
            "by": run.by,
        }
        choices = config.data() | {"subscription_id": config.subscription_id}
        now = max(now, _last_begun(db, run.project_id) + 0.001)
        more = {"identity": identity, "state": "Queued", "choices": choices, "options": dict(run.options)}
        db.execute(sa.insert(runs), row | more | {"created_at": now})
        places = [
            {"run_id": run.id, "position": n, "state": "Planned"} | dict(s) for n, s in enumerate(run.steps)
        ]
        db.execute(sa.insert(steps), places)
        applied = sa.update(projects).where(projects.c.id == run.project_id)
        db.execute(applied.values(applied=list(config.identity)))
        note(db, run.by, run.project_id, f"{run.kind} started", {"run": run.id})


def plan_of(run_id: str) -> Plan:
    """The plan that a run walks, built from the choices and the release that it was started with."""
    return plan_in(_run(run_id))


def plan_in(row: Mapping[str, Any]) -> Plan:
    """The plan of a run whose row is at hand."""
    return _built(
        json.dumps(row["choices"], sort_keys=True), json.dumps(row["options"].get("release"), sort_keys=True)
    )


@lru_cache(maxsize=64)
def _built(choices: str, release: str) -> Plan:
    """A plan is a function of these two texts and never changes: every step of a run asks for the same one."""
    config, wanted = parse(json.loads(choices)).strict(), json.loads(release)
    return build_release(config, Release.of(wanted)) if wanted else build_plan(config)


def row(run_id: str) -> Mapping[str, Any]:
    """The raw row of a run, for whoever needs several of its columns; `RunMissing` when there is none."""
    return _run(run_id)


def view(run_id: str) -> RunView:
    """How far a run is; `RunMissing` when there is none."""
    return _view(_run(run_id))


def newest(project_id: str, kinds: Sequence[RunKind] = SETUP) -> RunView | None:
    """The newest run of a project of these kinds; by default those that set its resources up or take them down."""
    return next(iter(history(project_id, limit=1, kinds=kinds)), None)


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


def history(project_id: str, limit: int = 100, kinds: Sequence[RunKind] = ALL) -> list[RunView]:
    """The runs of a project, the newest first."""
    mine = sa.and_(runs.c.project_id == project_id, runs.c.kind.in_(kinds))
    wanted = sa.select(runs).where(mine).order_by(runs.c.created_at.desc()).limit(limit)
    with reading() as db:
        rows = db.execute(wanted).mappings().all()
    return [_view(dict(row)) for row in rows]


def set_run(run_id: str, **values: Any) -> None:
    """Change columns of a run."""
    with writing() as db:
        db.execute(sa.update(runs).where(runs.c.id == run_id).values(**values))


def set_step(run_id: str, key: str, told: events.Event | None = None, **values: Any) -> None:
    """Change columns of a step, and add a line to its log; an error is given as `StepError`."""
    if isinstance(values.get("error"), StepError):
        values["error"] = asdict(values["error"])
    with writing() as db:
        db.execute(sa.update(steps).where(steps.c.run_id == run_id, steps.c.key == key).values(**values))
        if told:
            events.write(db, run_id, key, told)


def answered(run_id: str, step: StepView) -> None:
    """Show that a parked step is tried again, unless the worker has been faster."""
    mine = sa.and_(steps.c.run_id == run_id, steps.c.key == step.key, steps.c.state == "Failed")
    same = steps.c.finished_at == step.finished_at
    values = {"state": "Waiting", "error": None, "note": "Trying again."}
    with writing() as db:
        db.execute(sa.update(steps).where(mine, same).values(**values))


def step(run_id: str, key: str) -> dict[str, Any]:
    """The raw row of a step, with what no page needs (`put_at`)."""
    with reading() as db:
        row = (
            db.execute(sa.select(steps).where(steps.c.run_id == run_id, steps.c.key == key)).mappings().one()
        )
    return dict(row)


def project_of(run_id: str) -> str:
    """The project that a run belongs to."""
    return str(_run(run_id)["project_id"])


def cancelled(run_id: str) -> bool:
    """Whether the user has asked to cancel."""
    return bool(_run(run_id)["cancelled"])


def options(run_id: str) -> dict[str, Any]:
    """What the run was asked for besides its plan: `purge` (a removal), `put` (keys to put back)."""
    return dict(_run(run_id)["options"])


def ask_to_put(run_id: str, key: str) -> None:
    """Let the run put a resource's settings even where it stands: what was recovered has its old ones."""
    with writing() as db:
        wanted = sa.select(runs.c.options).where(runs.c.id == run_id).with_for_update()
        now = dict(db.execute(wanted).scalar_one())
        put = list(dict.fromkeys([*now.get("put", []), key]))
        db.execute(sa.update(runs).where(runs.c.id == run_id).values(options=now | {"put": put}))


def resource_of(plan: Plan, run_id: str, key: str) -> Resource:
    """The resource of a step: the plan's, or what is known of one that the plan no longer has."""
    id = step(run_id, key)["resource_id"]
    if key in plan and plan[key].id == id:
        return plan[key]
    kind, name, body = registry.of(key), id.rpartition("/")[2], last_body(id, project_of(run_id)) or {}
    return Resource(key, kind.arm_type, kind.api_version, name, id, "new", kind.label, kind.look, "", body)


def made_by(project_id: str) -> list[tuple[str, str]]:
    """Key and ID of every resource that runs of a project have created and none has removed since, the oldest first."""
    wanted = sa.select(runs.c.kind, steps.c.key, steps.c.resource_id, steps.c.state, steps.c.created_by_run)
    wanted = wanted.select_from(runs.join(steps, steps.c.run_id == runs.c.id))
    with reading() as db:
        rows = db.execute(
            wanted.where(runs.c.project_id == project_id).order_by(runs.c.created_at, steps.c.position)
        ).all()
    owned: dict[str, tuple[str, str]] = {}
    for kind, key, id, state, created in rows:
        if kind in PUTTING and created:
            owned[id.lower()] = (key, id)
        elif kind in TAKING and state == "Deleted":
            owned.pop(id.lower(), None)
    return list(owned.values())


def last_body(resource_id: str, project_id: str) -> dict[str, Any] | None:
    """The body that stands for a resource by what a project's runs have put: of its last success, or of one going on.

    None when no run has put it, or one has removed it since.
    """
    stands = sa.or_(steps.c.state == "Succeeded", runs.c.state.not_in(ENDED))
    row = _newest_step(resource_id, project_id, sa.and_(steps.c.body.is_not(None), stands))
    return dict(row.body) if row and row.kind in PUTTING else None


def adopted(resource_id: str, project_id: str) -> bool:
    """Whether a project's newest run found the resource there, made by somebody else, and used it as it is."""
    row = _newest_step(resource_id, project_id, steps.c.state == "Succeeded")
    return row is not None and row.kind in PUTTING and not row.created_by_run


def _newest_step(resource_id: str, project_id: str, told: sa.ColumnElement[bool]) -> Any:
    """A project's newest step of a resource that is `told`, or that has removed it."""
    removed = sa.and_(runs.c.kind.in_(TAKING), steps.c.state == "Deleted")
    wanted = sa.select(runs.c.kind, steps.c.body, steps.c.created_by_run)
    wanted = wanted.select_from(runs.join(steps, steps.c.run_id == runs.c.id))
    mine = sa.and_(runs.c.project_id == project_id, sa.func.lower(steps.c.resource_id) == resource_id.lower())
    wanted = wanted.where(mine, sa.or_(told, removed))
    with reading() as db:
        return db.execute(wanted.order_by(runs.c.created_at.desc()).limit(1)).one_or_none()


def trail(project_id: str, limit: int = 200) -> list[Action]:
    """What users did with a project, the newest first."""
    wanted = sa.select(audit).where(audit.c.project_id == project_id).order_by(audit.c.id.desc()).limit(limit)
    with reading() as db:
        return [Action(r.at, r.by, r.action, r.detail) for r in db.execute(wanted)]


def note(db: sa.Connection, by: str, project_id: str, action: str, detail: Mapping[str, Any]) -> None:
    """Add a line to the audit trail, in the caller's transaction."""
    db.execute(
        sa.insert(audit).values(
            at=time.time(), by=by, project_id=project_id, action=action, detail=dict(detail)
        )
    )


def _last_begun(db: sa.Connection, project_id: str) -> float:
    """When the project's last run was written: a clock that was set back must not make the next one the older."""
    latest = sa.select(sa.func.max(runs.c.created_at)).where(runs.c.project_id == project_id)
    return float(db.execute(latest).scalar() or 0.0)


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
    fields = {k: row[k] for k in ("id", "kind", "created_at", "started_at", "finished_at", "by", "options")}
    return RunView(project=row["project_id"], state=state, steps=views, **fields)


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
