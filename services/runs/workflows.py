"""The durable walk: one workflow a run, one child a resource, every step checkpointed by DBOS.

Children wait for what they depend on in a fixed order, so that the walk is the same after a crash. A resource that
can't be made parks its child until the user answers; its siblings go on.
"""

import time
from functools import cache
from typing import Any, Literal

from dbos import DBOS, SetWorkflowID

from services.catalogue.base import Refused
from services.cloud.connect import Cloud, connect
from services.cloud.errors import CloudError
from services.cloud.target import Target, TargetMissing, resolve
from services.config import Cloud as CloudName
from services.explain import explain
from services.plan import Plan
from services.processes.home import home
from services.progress import StepError
from services.runs import create, journal, remove
from services.runs.engine import ANSWER, child_id

Outcome = Literal["done", "stopped"]
FASTEST_WATCH_S, SLOWEST_WATCH_S = 0.1, 1.0
PARKED_S = 24 * 3600.0


@DBOS.workflow(name="groundplan.run")
async def walk(run_id: str, queue: str) -> str:
    """Walk a run's plan to its end."""
    keys = await start_run(run_id)
    for key in keys:
        with SetWorkflowID(child_id(run_id, key)):
            await DBOS.enqueue_workflow_async(queue, make, run_id, key)
    outcomes = [await _outcome(run_id, key) for key in keys]
    return await end_run(run_id, outcomes)


@DBOS.workflow(name="groundplan.resource")
async def make(run_id: str, key: str) -> Outcome:
    """Bring one resource to stand, however many answers of the user it takes."""
    for dependency in await wait_for(run_id, key):
        if await _outcome(run_id, dependency) == "stopped":
            await close_step(run_id, key, "Canceled")
            return "stopped"
    while True:
        tried = await _attempt(run_id, key)
        if tried != "parked":
            return tried
        answer = await _answer()
        if answer == "stop":
            await close_step(run_id, key, None)
            return "stopped"


async def _attempt(run_id: str, key: str) -> Literal["done", "stopped", "parked"]:
    begun = await begin_step(run_id, key)
    if begun["state"] == "begun":
        begun = await finish_step(run_id, key, begun["token"])
    return begun["state"]  # type: ignore[no-any-return]


async def _answer() -> str:
    while True:
        message = await DBOS.recv_async(ANSWER, timeout_seconds=PARKED_S)
        if message:
            return str(message)


async def _outcome(run_id: str, key: str) -> Outcome:
    handle: Any = await DBOS.retrieve_workflow_async(child_id(run_id, key), existing_workflow=False)
    outcome: Outcome = await handle.get_result(polling_interval_sec=_watch_s(run_id))
    return outcome


@DBOS.step()
async def start_run(run_id: str) -> list[str]:
    """Mark the run as running and give the keys of its plan."""
    journal.set_run(run_id, state="Running", started_at=time.time())
    return list(journal.view(run_id).steps)


@DBOS.step()
async def wait_for(run_id: str, key: str) -> list[str]:
    """Mark the resource as waiting and give the keys that it waits for."""
    needed = list(journal.step(run_id, key)["depends_on"])
    if needed:
        journal.set_step(run_id, key, state="Waiting")
    return needed


@DBOS.step()
async def begin_step(run_id: str, key: str) -> dict[str, Any]:
    """Look, and ask Azure for what is missing: {"state": "begun", "token"} or {"state": "parked" | "stopped"}."""
    plan = journal.plan_of(run_id)
    if journal.cancelled(run_id):
        journal.set_step(run_id, key, state="Canceled", finished_at=time.time())
        return {"state": "stopped"}
    row = journal.step(run_id, key)
    journal.set_step(
        run_id,
        key,
        state=_deed(run_id).WORKING,
        started_at=row["started_at"] or time.time(),
        error=None,
        finished_at=None,
        note="",
    )
    try:
        return {
            "state": "begun",
            "token": await _deed(run_id).begin(lambda: _cloud(plan.config.cloud), plan, run_id, key),
        }
    except create.Stopped:
        journal.set_step(run_id, key, state="Canceled", finished_at=time.time())
        return {"state": "stopped"}
    except Exception as error:  # whatever it is, the user must be able to see it and go on
        return _parked(plan, run_id, key, error)


@DBOS.step(preemptible=True)
async def finish_step(run_id: str, key: str, token: str | None) -> dict[str, Any]:
    """Follow the operation to its end: {"state": "done"} or {"state": "parked"}."""
    plan = journal.plan_of(run_id)
    try:
        state, outputs = await _deed(run_id).finish(
            lambda: _cloud(plan.config.cloud), plan, run_id, key, token
        )
    except Exception as error:  # as above
        return _parked(plan, run_id, key, error)
    journal.set_step(run_id, key, state=state, finished_at=time.time(), outputs=outputs, error=None)
    return {"state": "done"}


@DBOS.step()
async def close_step(run_id: str, key: str, state: str | None) -> None:
    """End a resource that will not be made; None keeps its state (a failure stays a failure)."""
    journal.set_step(run_id, key, finished_at=time.time(), **({"state": state} if state else {}))


@DBOS.step()
async def end_run(run_id: str, outcomes: list[Outcome]) -> str:
    """Write down how the run ended."""
    failed = any(s.state == "Failed" for s in journal.view(run_id).steps.values())
    whole = all(outcome == "done" for outcome in outcomes)
    state = "Succeeded" if whole else "Failed" if failed and not journal.cancelled(run_id) else "Canceled"
    journal.set_run(run_id, state=state, finished_at=time.time())
    return state


def _parked(plan: Plan, run_id: str, key: str, error: Exception) -> dict[str, Any]:
    correlation: dict[str, str] = {}
    resource = journal.resource_of(plan, run_id, key)
    if isinstance(error, Refused):
        why = explain(error.code, error.message, resource)
    elif isinstance(error, CloudError):
        why = explain(error.code, error.message, resource, status=error.status, raw=error.raw)
        correlation = {"correlation_id": error.correlation_id} if error.correlation_id else {}
    else:
        DBOS.logger.exception(f"{run_id} {key}: {error}")
        why = explain("Internal", f"{type(error).__name__}: {error}", resource)
    _note_failure(run_id, key, why, correlation)
    return {"state": "parked"}


def _note_failure(run_id: str, key: str, why: StepError, more: dict[str, str]) -> None:
    journal.set_step(run_id, key, state="Failed", finished_at=time.time(), error=why, note="", **more)


def _watch_s(run_id: str) -> float:
    """How often a resource looks whether another stands: small beside its duration, and not for nothing all day."""
    try:
        pace = resolve(journal.plan_of(run_id).config.cloud, home()).pace
    except TargetMissing:
        return SLOWEST_WATCH_S
    return min(SLOWEST_WATCH_S, max(FASTEST_WATCH_S, 2 * pace))


def _deed(run_id: str) -> Any:
    """What is done to each resource of the run: creating or removing it."""
    return {"apply": create, "deploy": create, "destroy": remove, "withdraw": remove}[
        journal.view(run_id).kind
    ]


def _cloud(name: CloudName) -> Cloud:
    """The connection to a target as it is now: a simulator started anew has another authority and key."""
    try:
        return _connected(resolve(name, home()))
    except TargetMissing as error:
        raise CloudError("Unreachable", str(error)) from error


@cache
def _connected(target: Target) -> Cloud:
    return connect(target)
