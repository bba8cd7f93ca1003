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
from services.progress import DONE, RunKind, RunView, StepView
from services.release import Release
from services.runs import engine, journal, projects, twin
from services.runs.database import writing
from services.runs.engine import ANSWER, child_id
from services.runs.journal import RunActive
from services.runs.tables import runs

__all__ = ["Answer", "CannotStart", "RunActive", "answer", "answers", "cancel", "start"]
Answer = Literal["retry", "stop", "skip", "purge", "recover"]


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
    engine.client()  # opens the engine's database: a run is not written down where nobody could take it
    journal.open_run(journal.NewRun(run_id, project_id, kind, config, steps, by, options or {}))
    hand_over(run_id, config.cloud)
    threading.Thread(target=_staff, args=(config.cloud,), daemon=True).start()
    return run_id


def answer(run_id: str, key: str, action: Answer, by: str = "") -> None:
    """Answer a parked resource: retry, skip it, leave it, or purge or recover the deleted one that holds its name.

    A retry of a creation takes the project's settings as they are now. It is meant for the failure that stands there
    now: the same answer from another tab counts once. Raises `CannotStart` when they would move a resource that already
    stands or the answer does not fit, `ConfigError` when they are broken.
    """
    run = journal.view(run_id)
    step = run.steps[key]
    if step.state != "Failed" or run.ended:
        raise CannotStart("It has been answered already: this resource does not wait for an answer any more.")
    _fits(run, step, action)
    if action not in ("stop", "skip") and run.kind == "apply":
        _take_over(run_id, run.project)
    _note(by, run.project, f"resource {action}", {"run": run_id, "key": key})
    engine.client().send(child_id(run_id, key), {"do": action, "of": step.finished_at}, ANSWER)
    if action not in ("stop", "skip"):
        journal.answered(run_id, step)


def answers(run: RunView, step: StepView) -> list[Answer]:
    """What may be answered to a failed step, the most useful first."""
    if step.state != "Failed" or run.ended:
        return []
    putting = run.kind in journal.PUTTING
    plan = journal.plan_of(run.id) if putting else None
    deleted: list[Answer] = ["recover", "purge"] if putting and twin.offered(step.key, step.error) else []
    skip: list[Answer] = ["skip"] if plan and _optional(plan, step.key) else []
    return [*deleted, "retry", *skip, "stop"]


def cancel(run_id: str, by: str = "") -> None:
    """Begin nothing more; what Azure has accepted goes on to its end and is shown."""
    run = journal.view(run_id)
    journal.set_run(run_id, cancelled=True)
    _note(by, run.project, "run cancelled", {"run": run_id})
    stop_parked(journal.view(run_id))


def stop_parked(run: RunView) -> None:
    """Let the parked resources of a cancelled run end."""
    for key, step in run.steps.items():
        if step.state == "Failed":
            engine.client().send(child_id(run.id, key), {"do": "stop", "of": step.finished_at}, ANSWER)


def hand_over(run_id: str, target: str) -> None:
    """Put a run into the queue of its target; a second time changes nothing."""
    wanted = {"workflow_name": "groundplan.run", "queue_name": target, "workflow_id": run_id}
    engine.client().enqueue(wanted | {"app_version": engine.APPLICATION_VERSION}, run_id, target)


def _fits(run: RunView, step: StepView, action: Answer) -> None:
    if action in answers(run, step):
        return
    why = {
        "skip": "It can't be skipped: the project needs it, or something that it needs depends on it.",
        "purge": "No deleted resource holds this name.",
        "recover": "No deleted resource holds this name.",
    }
    raise CannotStart(why.get(action, "This answer does not fit."))


def _optional(plan: Plan, key: str) -> bool:
    """Whether a project can do without a resource and all that needs it."""
    if key not in plan or plan[key].look.obligatory:
        return False
    return all(_optional(plan, r.key) for r in plan if key in r.depends_on)


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
