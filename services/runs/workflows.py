"""The durable walk: one workflow a run, one child a resource, every step checkpointed by DBOS.

Children wait for what they depend on in a fixed order, so that the walk is the same after a crash. A resource that
can't be made parks its child until the user answers; its siblings go on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache, wraps
from typing import Any, Literal, ParamSpec, TypeVar

from dbos import DBOS, SetWorkflowID

from services.catalogue.base import Refused, Resource
from services.cloud.connect import Cloud, connect
from services.cloud.errors import CloudError
from services.cloud.target import Target, TargetMissing, resolve
from services.config import Cloud as CloudName
from services.explain import explain
from services.plan import Plan
from services.processes.home import home
from services.progress import StepError
from services.runs import create, doorbell, journal, remove, twin
from services.runs.database import DatabaseError
from services.runs.engine import ANSWER, child_id
from services.runs.events import Event
from services.runs.patience import Stopped

P = ParamSpec("P")
T = TypeVar("T")

Outcome = Literal["done", "stopped", "skipped"]
FASTEST_WATCH_S, SLOWEST_WATCH_S = 0.1, 1.0
AT_ONCE_S = 0.02
PARKED_S = 24 * 3600.0
DATABASE_PAUSE_S = 1.0
OVER = frozenset({"Succeeded", "Existing", "Deleted", "Skipped", "Canceled"})
# What is done to each resource of a run: creating or removing it.
DEEDS: dict[str, Any] = {"apply": create, "deploy": create, "destroy": remove, "withdraw": remove}


@DBOS.workflow(name="groundplan.run")
async def walk(run_id: str, queue: str) -> str:
    """Walk a run's plan to its end."""
    doorbell.begins(run_id)
    try:
        keys = await start_run(run_id)
        for key in keys:
            with SetWorkflowID(child_id(run_id, key)):
                await DBOS.enqueue_workflow_async(queue, make, run_id, key)
        outcomes = [await _outcome(run_id, key) for key in keys]
        ended = await end_run(run_id, outcomes)
        for key in keys:
            doorbell.forget(child_id(run_id, key))
        return ended
    finally:
        doorbell.forget(run_id)


@DBOS.workflow(name="groundplan.resource")
async def make(run_id: str, key: str) -> Outcome:
    """Bring one resource to stand, however many answers of the user it takes."""
    doorbell.begins(child_id(run_id, key))
    try:
        return await _made(run_id, key)
    finally:
        doorbell.ends(child_id(run_id, key))


async def _made(run_id: str, key: str) -> Outcome:
    for dependency in await wait_for(run_id, key):
        outcome = await _outcome(run_id, dependency)
        if outcome != "done":
            await close_step(run_id, key, "Skipped" if outcome == "skipped" else "Canceled")
            return outcome
    tried = await _attempt(run_id, key)
    while tried["state"] == "parked":
        answer = await _answer(tried.get("at"))
        if answer in ("stop", "skip"):
            await close_step(run_id, key, "Skipped" if answer == "skip" else None)
            return "skipped" if answer == "skip" else "stopped"
        tried = await _again(run_id, key, answer)
    return tried["state"]  # type: ignore[no-any-return]


async def _attempt(run_id: str, key: str) -> dict[str, Any]:
    """Try once: {"state": "done" | "stopped" | "parked", "at"}."""
    begun: dict[str, Any] = await begin_step(run_id, key)
    if begun["state"] == "begun":
        begun = await finish_step(run_id, key, begun["token"])
    return begun


async def _again(run_id: str, key: str, answer: str) -> dict[str, Any]:
    """Try again, after the name is free or the soft-deleted resource is back."""
    if answer in ("purge", "recover"):
        freed: dict[str, Any] = await twin_step(run_id, key, answer)
        if freed["state"] == "parked":
            return freed
    return await _attempt(run_id, key)


async def _answer(of: float | None) -> str:
    """The user's answer to the failure of that moment; one that was meant for an earlier failure is passed over."""
    while True:
        message = await DBOS.recv_async(ANSWER, timeout_seconds=PARKED_S)
        if isinstance(message, str):  # as the release before this one sent it
            return message
        if message and (of is None or message["of"] is None or message["of"] == of):
            return str(message["do"])


async def _outcome(run_id: str, key: str) -> Outcome:
    """Wait for a resource's end: told by the bell when it is walked in this process, else by asking the database."""
    handle: Any = await DBOS.retrieve_workflow_async(child_id(run_id, key), existing_workflow=False)
    known = _over(run_id, key) or await doorbell.over(child_id(run_id, key))
    outcome: Outcome = await handle.get_result(polling_interval_sec=AT_ONCE_S if known else _watch_s(run_id))
    return outcome


def enduring(step: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let a step outlive a database that is full, locked or read-only for a while: it waits, and does its work again.

    A step that raised would end its workflow for good. Every step can be done again: it looks before it asks.
    """

    @wraps(step)
    async def again(*args: P.args, **kwargs: P.kwargs) -> T:
        while True:
            try:
                return await step(*args, **kwargs)
            except DatabaseError as error:
                DBOS.logger.warning(
                    f"{step.__name__} {args}: {error} Trying again in {DATABASE_PAUSE_S:.0f} s."
                )
                await asyncio.sleep(DATABASE_PAUSE_S)

    return again


@DBOS.step()
@enduring
async def start_run(run_id: str) -> list[str]:
    """Mark the run as running and give the keys of its plan."""
    journal.set_run(run_id, state="Running", started_at=time.time())
    return list(journal.view(run_id).steps)


@DBOS.step()
@enduring
async def wait_for(run_id: str, key: str) -> list[str]:
    """Mark the resource as waiting and give the keys that it waits for."""
    needed = list(journal.step(run_id, key)["depends_on"])
    if needed:
        journal.set_step(run_id, key, state="Waiting")
    return needed


@DBOS.step()
@enduring
async def begin_step(run_id: str, key: str) -> dict[str, Any]:
    """Look, and ask Azure for what is missing: {"state": "begun", "token"} or {"state": "parked" | "stopped"}."""
    run = journal.row(run_id)
    plan, deed, row = journal.plan_in(run), DEEDS[run["kind"]], journal.step(run_id, key)
    try:
        if run["cancelled"]:
            raise Stopped
        started: dict[str, Any] = {"started_at": row["started_at"] or time.time(), "finished_at": None}
        journal.set_step(run_id, key, state=deed.WORKING, error=None, note="", **started)
        token = await deed.begin(lambda: _cloud(plan.config.cloud), plan, run_id, key)
    except Stopped:
        journal.set_step(run_id, key, Event("Cancelled."), state="Canceled", finished_at=time.time())
        return {"state": "stopped"}
    except DatabaseError:
        raise
    except Exception as error:  # whatever it is, the user must be able to see it and go on
        return _parked(plan, run_id, key, error)
    return {"state": "begun", "token": token}


@DBOS.step(preemptible=True)
@enduring
async def finish_step(run_id: str, key: str, token: str | None) -> dict[str, Any]:
    """Follow the operation to its end: {"state": "done"} or {"state": "parked"}."""
    run = journal.row(run_id)
    plan, deed = journal.plan_in(run), DEEDS[run["kind"]]
    try:
        state, outputs = await deed.finish(lambda: _cloud(plan.config.cloud), plan, run_id, key, token)
    except DatabaseError:
        raise
    except Exception as error:  # as above
        return _parked(plan, run_id, key, error)
    done = {"state": state, "finished_at": time.time(), "outputs": outputs, "error": None}
    journal.set_step(run_id, key, Event(f"{state}."), **done)
    return {"state": "done"}


@DBOS.step(preemptible=True)
@enduring
async def twin_step(run_id: str, key: str, answer: str) -> dict[str, Any]:
    """Purge or recover the soft-deleted resource that holds the name: {"state": "free"} or {"state": "parked"}."""
    plan = journal.plan_of(run_id)
    try:
        await twin.settle(lambda: _cloud(plan.config.cloud), plan, run_id, key, answer)
    except DatabaseError:
        raise
    except Exception as error:  # as above
        return _parked(plan, run_id, key, error)
    return {"state": "free"}


@DBOS.step()
@enduring
async def close_step(run_id: str, key: str, state: str | None) -> None:
    """End a resource that will not be made; None keeps its state (a failure stays a failure)."""
    values: dict[str, Any] = {"state": state} if state else {}
    journal.set_step(run_id, key, Event(f"{state or 'Left as it is'}."), finished_at=time.time(), **values)


@DBOS.step()
@enduring
async def end_run(run_id: str, outcomes: list[Outcome]) -> str:
    """Write down how the run ended."""
    failed = any(s.state == "Failed" for s in journal.view(run_id).steps.values())
    whole = all(outcome in ("done", "skipped") for outcome in outcomes)
    state = "Succeeded" if whole else "Failed" if failed and not journal.cancelled(run_id) else "Canceled"
    journal.set_run(run_id, state=state, finished_at=time.time())
    return state


def _parked(plan: Plan, run_id: str, key: str, error: Exception) -> dict[str, Any]:
    """Write a failure down. A run that was cancelled meanwhile asks nobody any more: what failed stays as it is."""
    why = _explained(error, journal.resource_of(plan, run_id, key))
    now, run, correlation = time.time(), journal.row(run_id), getattr(error, "correlation_id", "")
    told = Event.of(why.what or why.message, journal.step(run_id, key)["attempt"], error)
    values: dict[str, Any] = {"state": "Failed", "finished_at": now, "error": why, "note": ""}
    values |= {"correlation_id": correlation} if correlation else {}
    journal.set_step(run_id, key, told, **values)
    return {"state": "stopped"} if run["cancelled"] else {"state": "parked", "at": now}


def _explained(error: Exception, resource: Resource) -> StepError:
    if isinstance(error, Refused):
        return explain(error.code, error.message, resource)
    if isinstance(error, CloudError):
        return explain(error.code, error.message, resource, status=error.status, raw=error.raw)
    DBOS.logger.exception(f"{resource.id}: {error}")
    return explain("Internal", f"{type(error).__name__}: {error}", resource)


def _over(run_id: str, key: str) -> bool:
    """Whether a resource has come to its end, as far as the journal knows."""
    try:
        return journal.step(run_id, key)["state"] in OVER
    except DatabaseError:
        return False


def _watch_s(run_id: str) -> float:
    """How often a resource looks whether another stands: small beside its duration, and not for nothing all day."""
    try:
        pace = resolve(journal.plan_of(run_id).config.cloud, home()).pace
    except (TargetMissing, DatabaseError):
        return SLOWEST_WATCH_S
    return min(SLOWEST_WATCH_S, max(FASTEST_WATCH_S, 2 * pace))


def _cloud(name: CloudName) -> Cloud:
    """The connection to a target as it is now: a simulator started anew has another authority and key."""
    try:
        return _connected(resolve(name, home()))
    except TargetMissing as error:
        raise CloudError("Unreachable", str(error)) from error


@cache
def _connected(target: Target) -> Cloud:
    return connect(target)
