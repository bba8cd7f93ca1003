"""What pages and the command line ask of runs: start one, answer a parked resource, cancel."""

import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

import sqlalchemy as sa

from services.catalogue.base import Resource
from services.cloud.target import TargetMissing, rehearsal_subscription, resolve
from services.config import ProjectConfig
from services.naming import SUFFIX_ALPHABET
from services.parsing import parse
from services.plan import Plan, build_plan, build_release
from services.processes import launch
from services.processes.home import HomeError, home
from services.progress import DONE, RunKind
from services.release import Release
from services.runs import engine, journal, projects
from services.runs.database import writing
from services.runs.engine import ANSWER, child_id
from services.runs.journal import RunActive
from services.runs.tables import runs

__all__ = ["CannotStart", "RunActive", "answer", "cancel", "start"]


class CannotStart(Exception):
    """The run can't begin; the message says why and what to do."""


def start(project_id: str, by: str = "", put: Sequence[str] = ()) -> str:
    """Start walking a project's plan as it is now and give the run's ID; the worker of its target takes it.

    `put` names resources that are put even where nothing has changed: what somebody else changed is put back.
    Raises `RunActive`, `ConfigError`, `CannotStart`.
    """
    project = projects.get(project_id)
    config = configured(project.choices)
    if project.applied and project.applied != config.identity:
        raise CannotStart(
            "A project keeps its cloud, subscription, resource group and name once it has been applied. "
            "Start a new project from this one's file to change them."
        )
    plan, pace = build_plan(config), pace_of(config)
    return enqueue("apply", project_id, config, [planned(r, pace) for r in plan], by, {"put": list(put)})


def deploy(project_id: str, release: Release, by: str = "") -> str:
    """Start serving a release in the project's workspace and give the run's ID.

    Raises `CannotStart` when the project's resources do not stand, `RunActive`, `ConfigError`.
    """
    project = projects.get(project_id)
    config = configured(project.choices)
    made = journal.newest(project_id)
    if (
        made is None
        or made.kind != "apply"
        or made.state != "Succeeded"
        or project.applied != config.identity
    ):
        raise CannotStart("A model is served from the project's workspace: create the resources first.")
    plan, pace = build_release(config, release), pace_of(config)
    steps = [planned(r, pace) for r in plan]
    return enqueue("deploy", project_id, config, steps, by, {"release": release.data()})


def planned(r: Resource, pace: float) -> dict[str, Any]:
    """The columns of a step that will create a resource."""
    expected = {"expected_s": r.expected_s * pace, "depends_on": list(r.depends_on)}
    return {"key": r.key, "resource_id": r.id, **expected}


def pace_of(config: ProjectConfig) -> float:
    """How fast the project's cloud goes; `CannotStart` when there is none."""
    try:
        return resolve(config.cloud, home()).pace
    except TargetMissing as error:
        raise CannotStart(str(error)) from error


def configured(choices: Any) -> ProjectConfig:
    """A project's configuration, with the running rehearsal's subscription where none is named; else `ConfigError`."""
    return parse(choices, subscription_id=rehearsal_subscription(home())).strict()


def enqueue(
    kind: RunKind,
    project_id: str,
    config: ProjectConfig,
    steps: Sequence[Mapping[str, Any]],
    by: str,
    options: Mapping[str, Any] | None = None,
) -> str:
    """Write a run down, hand it to the worker of its target, and give its ID; `RunActive` when one goes on."""
    run_id = f"run-{int(time.time()):x}{''.join(secrets.choice(SUFFIX_ALPHABET) for _ in range(6))}"
    client = engine.client()
    journal.open_run(journal.NewRun(run_id, project_id, kind, config, steps, by, options or {}))
    wanted = {"workflow_name": "groundplan.run", "queue_name": config.cloud, "workflow_id": run_id}
    client.enqueue(wanted | {"app_version": engine.APPLICATION_VERSION}, run_id, config.cloud)
    threading.Thread(target=_staff, args=(config.cloud,), daemon=True).start()
    return run_id


def answer(run_id: str, key: str, action: Literal["retry", "stop"], by: str = "") -> None:
    """Answer a parked resource. A retry of a creation takes the project's settings as they are now.

    Raises `CannotStart` when they would move a resource that already stands, `ConfigError` when they are broken.
    """
    run = journal.view(run_id)
    if action == "retry" and run.kind == "apply":
        _take_over(run_id, run.project)
    if action == "retry":
        journal.set_step(run_id, key, state="Waiting", error=None, note="Trying again.")
    _note(by, run.project, f"resource {action}", {"run": run_id, "key": key})
    engine.client().send(child_id(run_id, key), action, ANSWER)


def cancel(run_id: str, by: str = "") -> None:
    """Begin nothing more; what Azure has accepted goes on to its end and is shown."""
    run = journal.view(run_id)
    journal.set_run(run_id, cancelled=True)
    _note(by, run.project, "run cancelled", {"run": run_id})
    for key, step in run.steps.items():
        if step.state == "Failed":
            engine.client().send(child_id(run_id, key), "stop", ANSWER)


def _staff(target: str) -> None:
    """See that somebody works on the target; `launch.last_error` keeps what goes wrong for the page."""
    with suppress(launch.LaunchError, HomeError):
        launch.ensure(target)


def _take_over(run_id: str, project_id: str) -> None:
    """Let a run go on with the settings as they are now, if what stands already stays where it is."""
    config = configured(projects.get(project_id).choices)
    plan, before = build_plan(config), journal.plan_of(run_id)
    moved = [
        s.key for s in journal.view(run_id).steps.values() if s.state in DONE and _moved(plan, before, s.key)
    ]
    if moved or [r.key for r in plan] != [r.key for r in before]:
        what = ", ".join(before[key].label for key in moved) or "the set of resources"
        raise CannotStart(
            f"The change touches what this run has already made or planned ({what}). Cancel, then create anew."
        )
    with writing() as db:
        choices = config.data() | {"subscription_id": config.subscription_id}
        db.execute(sa.update(runs).where(runs.c.id == run_id).values(choices=choices))
    for r in plan:
        journal.set_step(run_id, r.key, resource_id=r.id)


def _moved(plan: Plan, before: Plan, key: str) -> bool:
    return key not in plan or plan[key].id.lower() != before[key].id.lower()


def _note(by: str, project_id: str, action: str, detail: dict[str, Any]) -> None:
    with writing() as db:
        journal.note(db, by, project_id, action, detail)
