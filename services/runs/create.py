"""Creating one resource so that it happens once: look first, note the intention, put, and follow to the end.

A crash anywhere leads back to the look: what Azure already has is adopted. Only what is missing is put.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Output, Resource, Say
from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.plan import Plan
from services.progress import StepState
from services.runs import changes, journal
from services.runs.patience import Connect, patiently

WORKING: StepState = "Creating"
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


class Stopped(Exception):
    """The user has cancelled: nothing new begins."""


async def begin(connect: Connect, plan: Plan, run_id: str, key: str) -> str | None:
    """Make sure that Azure is at work on the resource; the token to follow, or None when it only has to be read.

    Raises `CloudError` when it can't be, `Stopped` when the run was cancelled before anything was asked for.
    """
    resource = plan[key]
    return await patiently(run_id, key, lambda: _begin_once(connect(), plan, run_id, resource))


async def finish(
    connect: Connect, plan: Plan, run_id: str, key: str, token: str | None
) -> tuple[StepState, dict[str, Any]]:
    """Wait for the resource to stand; how that ended, and what is worth showing of it."""
    resource = plan[key]

    def say(words: str) -> None:
        journal.set_step(run_id, key, note=words)

    found = await patiently(run_id, key, lambda: _finish_once(connect(), resource, token, say))
    shown = {path: value for path in registry.of(key).shows if (value := _at(found, path)) is not None}
    return ("Succeeded" if resource.is_new else "Existing"), shown


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
    asked = resource.key in journal.options(run_id).get("put", []) and row["body"] is None and resource.is_new
    return (
        asked or changes.of(resource, journal.project_of(run_id)).kind == "change"
    ) and not journal.cancelled(run_id)


async def _put(
    cloud: Cloud, plan: Plan, run_id: str, resource: Resource, row: Mapping[str, Any]
) -> str | None:
    """Ask Azure for the resource, the intention written down first: after a crash it tells whose it is."""
    body = await _resolved(cloud, plan, resource.body)
    journal.set_step(run_id, resource.key, put_at=row["put_at"] or time.time(), attempt=row["attempt"] + 1)
    try:
        begun = await registry.of(resource.key).create(cloud, resource, body)
    except CloudError as error:
        if error.code == "RoleAssignmentExists":
            return None
        raise
    leaves = registry.of(resource.key).leaves
    done = {"created_by_run": leaves, "correlation_id": begun.correlation_id, "body": resource.plain_body()}
    journal.set_step(run_id, resource.key, **done)
    return begun.token


async def _change(
    cloud: Cloud, plan: Plan, run_id: str, resource: Resource, row: Mapping[str, Any]
) -> str | None:
    """Put the new settings of what this project has made before. After a crash it is put again: it changes nothing twice."""
    body = await _resolved(cloud, plan, resource.body)
    journal.set_step(run_id, resource.key, state="Updating", attempt=row["attempt"] + 1)
    begun = await registry.of(resource.key).update(cloud, resource, body)
    done = {
        "correlation_id": begun.correlation_id,
        "body": resource.plain_body(),
        "note": "Its settings were changed.",
    }
    journal.set_step(run_id, resource.key, **done)
    return begun.token


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
    """It is there: ours when this run has asked for it, with the body that it asked for; else somebody's."""
    if row["put_at"]:
        journal.set_step(run_id, resource.key, created_by_run=True, body=resource.plain_body())
    elif resource.is_new:
        journal.set_step(run_id, resource.key, note="It was there already and is used as it is.")


async def _resolved(cloud: Cloud, plan: Plan, value: Any) -> Any:
    """Put the values of finished resources where the body only points at them."""
    if isinstance(value, Output):
        found = await _source(cloud, plan, value.key)
        return _at(found, value.path)
    if isinstance(value, Mapping):
        return {k: await _resolved(cloud, plan, v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [await _resolved(cloud, plan, v) for v in value]
    return value


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
