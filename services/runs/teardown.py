"""Taking down what Groundplan has created, and nothing else: the order, the start, the receipt.

A resource goes before what it needs; one that was there before, or that somebody else made, is kept and named.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Resource
from services.plan import Plan
from services.progress import RunKind, RunView, StepView
from services.runs import client, journal
from services.runs.client import CannotStart

# Deleting takes Azure about half the time of creating (recorded deletions of groups, servers and accounts).
DELETE_SHARE = 0.5
ENDS_WITHIN_S = 10.0


def start(project_id: str, purge: bool = False, by: str = "", also: Sequence[str] = ()) -> str:
    """Begin removing all that the project's runs have created; the ID of the run.

    `also` names, one by one, resources that the project uses and did not create. Raises `CannotStart` when nothing was
    created or one of those is none, `RunActive` when a run goes on.
    """
    made = journal.made_by(project_id)
    newest = next((r for r in journal.history(project_id) if r.kind == "apply"), None)
    if newest is None or not made:
        raise CannotStart("Groundplan has created nothing for this project.")
    plan = journal.plan_of(newest.id)
    told = _named(foreign(project_id, plan), also)
    steps = _steps(plan, [*made, *told], client.pace_of(plan.config))
    options = {"purge": purge} | ({"also": [id for _, id in told]} if told else {})
    return client.enqueue("destroy", project_id, plan.config, steps, by, options)


def foreign(project_id: str, plan: Plan) -> list[Resource]:
    """What the plan uses and no run of the project has created: a tear-down leaves it where it is unless told."""
    ours = {id.lower() for _, id in journal.made_by(project_id)}
    others = [r for r in plan if r.id.lower() not in ours]
    return [r for r in others if not r.is_new or journal.adopted(r.id, project_id)]


def _named(others: list[Resource], also: Sequence[str]) -> list[tuple[str, str]]:
    known = {r.id.lower(): (r.key, r.id) for r in others}
    for id in also:
        if id.lower() not in known:
            raise CannotStart(f"The project does not use {id}, so it can't be removed with it.")
    return [known[id.lower()] for id in dict.fromkeys(also)]


def undo(run_id: str, by: str = "") -> str:
    """Begin removing what one run has created; the ID of the new run. Raises as `start` does.

    A run that waits for an answer is cancelled first; nothing of it moves, so that it ends at once.
    """
    run = journal.view(run_id)
    if run.state == "Parked":
        client.cancel(run_id, by)
        run = _ended(run_id)
    made = [(s.key, s.resource_id) for s in run.steps.values() if s.created_by_run]
    if not made:
        raise CannotStart("This run has created nothing.")
    plan = journal.plan_of(run_id)
    steps = _steps(plan, made, client.pace_of(plan.config))
    kind: RunKind = "withdraw" if run.kind == "deploy" else "destroy"
    return client.enqueue(kind, run.project, plan.config, steps, by, {"undo": run_id, **_release(run)})


def _ended(run_id: str) -> RunView:
    deadline = time.monotonic() + ENDS_WITHIN_S
    while not (run := journal.view(run_id)).ended and time.monotonic() < deadline:
        time.sleep(0.1)
    return run


def remove(project_id: str, made: list[tuple[str, str]], by: str = "") -> str:
    """Begin removing some of what the project's runs have created, given as (key, resource ID); the ID of the run."""
    newest = next(iter(journal.history(project_id)), None)
    if newest is None or not made:
        raise CannotStart("Groundplan has created nothing of that.")
    plan = journal.plan_of(newest.id)
    steps = _leftovers(made, client.pace_of(plan.config))
    return client.enqueue("withdraw", project_id, plan.config, steps, by)


def receipt(run: RunView) -> dict[str, Any]:
    """What a run of this kind has removed, what it kept and why, and what Azure keeps for recovery until when."""
    steps = list(run.steps.values())
    soft = {s.resource_id: s.outputs.get("soft_deleted_until") for s in steps if s.state == "Deleted"}
    kept = [{"id": s.resource_id, "why": _why(s)} for s in steps if s.state != "Deleted"]
    return {
        "removed": [s.resource_id for s in steps if s.state == "Deleted"],
        "kept": kept
        + [{"id": r.id, "why": "It was there before."} for r in _adopted(journal.plan_of(run.id), steps)],
        "soft_deleted": [{"id": id, "until": until} for id, until in soft.items() if until],
        "billing_stopped": [
            {"id": s.resource_id, "at": _iso(s.finished_at)} for s in steps if s.state == "Deleted"
        ],
    }


def _steps(plan: Plan, made: list[tuple[str, str]], pace: float) -> list[dict[str, Any]]:
    """Steps in reverse order of dependency; what no plan has any more goes first, the group last."""
    ids = {id.lower(): key for key, id in made}
    inside = [r for r in plan if r.id.lower() in ids]
    leftovers = [(key, id) for key, id in made if id.lower() not in {r.id.lower() for r in inside}]
    first = _leftovers(leftovers, pace)
    return first + [_removal(r, inside, first, pace) for r in reversed(inside)]


def _leftovers(made: list[tuple[str, str]], pace: float) -> list[dict[str, Any]]:
    """Steps for what the plan at hand does not have, such as deployed models: what came last goes first, one by one."""
    steps: list[dict[str, Any]] = []
    for n, (key, id) in enumerate(reversed(made), 2):
        after = (steps[-1]["key"],) if steps else ()
        steps.append(_step(f"{key}_{n}", id, after, registry.of(key).expected_s * pace * DELETE_SHARE))
    return steps


def _removal(r: Resource, inside: list[Resource], first: list[dict[str, Any]], pace: float) -> dict[str, Any]:
    """A resource goes after what needs it, and after what lies below it or in its group."""
    after = [other.key for other in inside if r.key in other.depends_on]
    below = [s["key"] for s in first if s["resource_id"].lower().startswith(f"{r.id.lower()}/")]
    return _step(r.key, r.id, (*after, *below), r.expected_s * pace * DELETE_SHARE)


def _step(key: str, id: str, after: tuple[str, ...], expected_s: float) -> dict[str, Any]:
    return {"key": key, "resource_id": id, "depends_on": list(after), "expected_s": expected_s}


def _release(run: RunView) -> dict[str, Any]:
    """What a deployment was of: the plan of its withdrawal is the same."""
    return {"release": run.options["release"]} if run.kind == "deploy" else {}


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _why(step: StepView) -> str:
    if step.error:
        return f"{step.error.what} {step.error.fix}"
    return step.note or f"It was not removed: {step.state}."


def _adopted(plan: Plan, steps: list[StepView]) -> list[Resource]:
    """What the plan uses and no run has created."""
    ours = {s.resource_id.lower() for s in steps}
    return [r for r in plan if r.id.lower() not in ours]
