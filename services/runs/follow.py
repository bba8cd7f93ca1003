"""Applying a project from the command line: make sure that somebody works, start the run, follow it to its end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from services.catalogue import registry
from services.cloud.bridge import ask
from services.cloud.errors import CloudError
from services.cloud.target import resolve
from services.config import ProjectConfig
from services.parsing import minimal
from services.processes import launch, leases
from services.processes.home import home
from services.progress import DONE, RunView, StepView
from services.runs import client, journal, losses, projects, teardown

Say = Callable[[str], None]
LOOK_S = 0.2
BY = "command line"


def ready(target: str, say: Say) -> None:
    """Start the processes of a target if they are missing; `LaunchError` when that fails."""
    started = launch.ensure(target)
    if started.fresh:
        say(f"Started {' and '.join(started.fresh)} in the background.")


def apply(config: ProjectConfig, say: Say) -> dict[str, Any]:
    """Start a run of the project, or go on with one that waits for an answer, and follow it.

    It returns when the run ends or waits for the user (again); `RunActive` when one goes on.
    """
    lease = leases.take("cli")  # whoever else leaves meanwhile lets our worker live
    try:
        ready(config.cloud, say)
        return report(to_the_end(_begun(config, say), say))
    finally:
        lease.release()


def _begun(config: ProjectConfig, say: Say) -> str:
    """The ID of a new run, or of the parked one that goes on."""
    project = project_of(config)
    parked = journal.newest(project.id)
    if parked and parked.state == "Parked":
        return retry(parked, say)
    run_id = client.start(project.id, by=BY)
    say(f"Run {run_id}: {len(journal.view(run_id).steps)} resources.")
    return run_id


def destroy(config: ProjectConfig, purge: bool, say: Say, also: Sequence[str] = ()) -> dict[str, Any]:
    """Remove what the project's runs have created and follow it; the receipt, with the run's ID and state.

    `also` names resources that the project uses and did not create. What lies in them is said first.

    Raises `CannotStart` when nothing was created, `RunActive` when a run goes on.
    """
    project = _applied(config)
    if project is None:
        raise client.CannotStart("Groundplan has created nothing for this project.")
    lease = leases.take("cli")
    try:
        ready(config.cloud, say)
        parked = journal.newest(project.id)
        again = parked and parked.kind == "destroy" and parked.state == "Parked"
        if parked and again:
            run_id = retry(parked, say)
        else:
            _say_losses(config, [*(id for _, id in journal.made_by(project.id)), *also], say)
            run_id = teardown.start(project.id, purge, BY, also)
        run = to_the_end(run_id, say)
        return {"run": run.id, "state": run.state, **teardown.receipt(run)}
    finally:
        lease.release()


def _say_losses(config: ProjectConfig, ids: list[str], say: Say) -> None:
    """What goes with it, and what may forbid it; that it can't be told keeps nobody from removing."""
    try:
        found = ask(resolve(config.cloud, home()), lambda cloud: losses.look(cloud, ids))
    except CloudError as error:
        say(f"What lies in the resources could not be asked: {error.message}")
        return
    for id, one in found.contents.items():
        if one.blobs:
            say(f"{id.rpartition('/')[2]}: {losses.words(one)} will be lost.")
    for lock in found.locks:
        say(f"The lock {lock['name']} ({lock['level']}) forbids removing it: {lock['id']}")


def report(run: RunView) -> dict[str, Any]:
    """A run as plain data, as `apply --json` and `status --json` print it."""
    rows = [
        {
            "key": s.key, "type": registry.of(s.key).arm_type, "id": s.resource_id, "state": s.state,
            "created_by_run": s.created_by_run, "elapsed_s": s.elapsed_s(time.time()),
            "error": asdict(s.error) if s.error else None,
        }
        for s in run.steps.values()
    ]  # fmt: skip
    took = (run.finished_at or time.time()) - (run.started_at or run.created_at)
    return {"run": run.id, "state": run.state, "elapsed_s": round(took, 3), "resources": rows}


def retry(run: RunView, say: Say) -> str:
    """Answer every parked resource of a run with the settings as they are now."""
    failed = [s.key for s in run.steps.values() if s.state == "Failed"]
    say(f"Going on with run {run.id}: trying {', '.join(failed)} again.")
    for key in failed:
        client.answer(run.id, key, "retry", by=BY)
    return run.id


def _applied(config: ProjectConfig) -> projects.Project | None:
    return next((p for p in projects.every() if p.applied == config.identity), None)


def project_of(config: ProjectConfig) -> projects.Project:
    """The project of that identity, brought to this configuration, or a new one."""
    mine = _applied(config) or _begun_here(config)
    choices = minimal(config)
    return projects.replace(mine.id, choices, BY) if mine else projects.create(choices, BY)


def _begun_here(config: ProjectConfig) -> projects.Project | None:
    """The draft that an earlier command has made of the same project and did not get to apply."""
    drafts = (p for p in projects.every() if p.applied is None and p.writer == BY and p.name == config.name)
    return next((p for p in drafts if client.configured(p.choices).identity == config.identity), None)


def to_the_end(run_id: str, say: Say) -> RunView:
    """Follow a run: say every change of a step until the run ends or is parked."""
    told: dict[str, tuple[str, str]] = {}
    while True:
        run = journal.view(run_id)
        for step in run.steps.values():
            if told.get(step.key) != (step.state, step.note):
                told[step.key] = (step.state, step.note)
                _tell(step, say)
        if run.ended or run.state == "Parked":
            return run
        time.sleep(LOOK_S)


def _tell(step: StepView, say: Say) -> None:
    if step.state == "Failed" and step.error:
        say(f"{step.key}: Failed. {step.error.what} {step.error.fix}")
    elif step.state in DONE:
        say(f"{step.key}: {step.state} after {step.elapsed_s(time.time()) or 0:.1f} s")
    elif step.state not in ("Planned", "Waiting") or step.note:
        say(f"{step.key}: {step.state}{' - ' + step.note if step.note else ''}")
