"""Creating one resource so that it happens once: look first, note the intention, put, and follow to the end.

A crash anywhere leads back to the look: what Azure already has is adopted. Only what is missing is put.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Begun, Output, Resource, Say
from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.plan import Plan
from services.progress import StepState
from services.runs import changes, journal
from services.runs.events import Event
from services.runs.patience import Connect, Stopped, patiently

__all__ = ["WORKING", "Stopped", "begin", "finish", "resolved"]

WORKING: StepState = "Creating"
RESUMED_AFTER_S = 3.0
# States in which Azure is still at work on a resource.
UNFINISHED = frozenset(
    {
        "Creating",
        "Updating",
        "Accepted",
        "InProgress",
        "Provisioning",
        "RegisteringDns",
        "ResolvingDns",
        "Running",
    }
)


async def begin(connect: Connect, plan: Plan, run_id: str, key: str) -> str | None:
    """Make sure that Azure is at work on the resource; the token to follow, or None when it only has to be read.

    Raises `CloudError` when it can't be, `Stopped` when the run was cancelled before anything was asked for.
    """
    resource = plan[key]
    return await patiently(
        run_id, key, lambda: _begin_once(connect(), plan, run_id, resource), until_cancelled=True
    )


async def finish(
    connect: Connect, plan: Plan, run_id: str, key: str, token: str | None
) -> tuple[StepState, dict[str, Any]]:
    """Wait for the resource to stand; how that ended, and what is worth showing of it."""
    resource = plan[key]

    def say(words: str) -> None:
        journal.set_step(run_id, key, note=words)

    row = journal.step(run_id, key)
    if token is not None and _resumed(row) and await _stands(connect, resource):
        token = None  # no need to wait as long as Azure asked to when the operation began
    found = await patiently(run_id, key, lambda: _finish_once(connect(), resource, token, say))
    shown = {path: value for path in registry.of(key).shows if (value := _at(found, path)) is not None}
    return ("Succeeded" if resource.is_new else "Existing"), shown


def _resumed(row: Mapping[str, Any]) -> bool:
    """Whether a creation was asked for so long ago that another process must have done it."""
    asked = row["put_at"] if row["state"] == WORKING else None
    return asked is not None and abs(time.time() - asked) > RESUMED_AFTER_S


async def _stands(connect: Connect, resource: Resource) -> bool:
    """Whether Azure has finished it meanwhile; when it does not answer, following the operation will tell."""
    try:
        found = await registry.of(resource.key).find(connect(), resource)
    except CloudError:
        return False
    return found is not None and _at(found, "properties.provisioningState") == "Succeeded"


async def resolved(cloud: Cloud, plan: Plan, value: Any) -> Any:
    """A body with the values of finished resources where it only points at them. Raises `CloudError`."""
    if isinstance(value, Output):
        found = await _source(cloud, plan, value.key)
        return _at(found, value.path)
    if isinstance(value, Mapping):
        return {k: await resolved(cloud, plan, v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [await resolved(cloud, plan, v) for v in value]
    return value


async def _begin_once(cloud: Cloud, plan: Plan, run_id: str, resource: Resource) -> str | None:
    row = journal.step(run_id, resource.key)
    found = await registry.of(resource.key).find(cloud, resource)
    if found is not None and (_state(found) != "Failed" or not resource.is_new):
        if _to_change(resource, run_id, row):
            return await _change(cloud, plan, run_id, resource, row)
        _adopted(run_id, resource, row)
        return None
    if not resource.is_new:
        raise CloudError("ExistingMissing", f"{resource.id} could not be found.", status=404)
    if journal.cancelled(run_id):
        raise Stopped
    return await _put(cloud, plan, run_id, resource, row)


def _to_change(resource: Resource, run_id: str, row: Mapping[str, Any]) -> bool:
    """Whether what stands is to be put anew: our settings differ from the last ones, or the user wants them back."""
    run = journal.row(run_id)
    asked = resource.key in run["options"].get("put", []) and row["body"] is None and resource.is_new
    return not run["cancelled"] and (asked or changes.of(resource, run["project_id"]).kind == "change")


async def _put(
    cloud: Cloud, plan: Plan, run_id: str, resource: Resource, row: Mapping[str, Any]
) -> str | None:
    """Ask Azure for it, the intention written down first: after a crash it tells whose it is, and with what body."""
    body = await resolved(cloud, plan, resource.body)
    intent: dict[str, Any] = {"put_at": row["put_at"] or time.time(), "body": resource.plain_body()}
    journal.set_step(run_id, resource.key, attempt=row["attempt"] + 1, **intent)
    try:
        begun = await registry.of(resource.key).create(cloud, resource, body)
    except CloudError as error:
        if _refused(error) and not row["put_at"]:  # what appears under this name later is not ours
            journal.set_step(run_id, resource.key, put_at=None, body=None)
        if error.code == "RoleAssignmentExists":
            return None
        raise
    done = {"created_by_run": registry.of(resource.key).leaves, "correlation_id": begun.correlation_id}
    journal.set_step(run_id, resource.key, told=_accepted("create", begun, row), **done)
    return begun.token


def _refused(error: CloudError) -> bool:
    """Whether Azure has certainly not begun; after a 5xx or silence it may have."""
    return error.status is not None and 400 <= error.status < 500 and not error.transient


async def _change(
    cloud: Cloud, plan: Plan, run_id: str, resource: Resource, row: Mapping[str, Any]
) -> str | None:
    """Put the new settings of what this project has made before. After a crash it is put again: it changes nothing twice."""
    body = await resolved(cloud, plan, resource.body)
    journal.set_step(run_id, resource.key, state="Updating", attempt=row["attempt"] + 1)
    begun = await registry.of(resource.key).update(cloud, resource, body)
    done = {
        "correlation_id": begun.correlation_id,
        "body": resource.plain_body(),
        "note": "Its settings were changed.",
    }
    journal.set_step(run_id, resource.key, told=_accepted("change", begun, row), **done)
    return begun.token


def _accepted(what: str, begun: Begun, row: Mapping[str, Any]) -> Event:
    return Event.of(f"Azure has accepted the request to {what} it.", row["attempt"] + 1, begun)


async def _finish_once(cloud: Cloud, resource: Resource, token: str | None, say: Say) -> Mapping[str, Any]:
    kind = registry.of(resource.key)
    if token is not None:
        try:
            return await kind.follow(cloud, resource, token, say)
        except CloudError as error:
            if error.status not in (400, 404, 410) or not await kind.find(cloud, resource):
                raise  # else the token has expired, and the resource itself says how far it is
    while True:
        found = await kind.find(cloud, resource)
        if found is None:
            raise CloudError("ResourceNotFound", f"{resource.id} was there and is gone.", status=404)
        if _state(found) not in UNFINISHED:
            return _succeeded(found, resource)
        await asyncio.sleep(cloud.poll_s)


def _succeeded(found: Mapping[str, Any], resource: Resource) -> Mapping[str, Any]:
    if _state(found) in ("Failed", "Canceled"):
        raise CloudError("ProvisioningFailed", f"{resource.id} is in the state {_state(found)}.")
    return found


def _adopted(run_id: str, resource: Resource, row: Mapping[str, Any]) -> None:
    """It is there: ours when this run has asked for it, with the body that it asked for; else somebody else's."""
    if row["put_at"]:
        told = Event("It is there: this run had asked for it before.", row["attempt"])
        ours = {"created_by_run": registry.of(resource.key).leaves}
        journal.set_step(run_id, resource.key, told, body=row["body"] or resource.plain_body(), **ours)
    elif resource.is_new:
        note = "It was there already and is used as it is."
        journal.set_step(run_id, resource.key, Event(note), note=note)


async def _source(cloud: Cloud, plan: Plan, key: str) -> dict[str, Any]:
    if key == "subscription":
        return await cloud.subscription(plan.config.subscription_id)
    resource = plan[key]
    found = await cloud.get(resource.id, resource.api_version)
    if found is None:
        raise CloudError("ResourceNotFound", f"{resource.id} is needed and is not there.", status=404)
    return found


def _at(found: Mapping[str, Any], path: str) -> Any:
    value: Any = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _state(found: Mapping[str, Any]) -> str:
    """How far Azure says it is. SQL has no provisioning state: a server has a `state`, a database a `status`."""
    said = (_at(found, f"properties.{name}") for name in ("provisioningState", "state", "status"))
    return str(next((one for one in said if one), ""))
