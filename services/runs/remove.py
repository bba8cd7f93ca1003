"""Removing one resource that Groundplan has created: look first, delete, see it gone, purge if asked.

What somebody else has put into the project's resource group is left alone, and so is the group then.
"""

import asyncio
import datetime
import time
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Resource
from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.plan import Plan
from services.progress import StepState
from services.runs import journal
from services.runs.events import Event
from services.runs.patience import Connect, Stopped, patiently

WORKING: StepState = "Deleting"
GROUP = "resource_group"


async def begin(connect: Connect, plan: Plan, run_id: str, key: str) -> str | None:
    """Make sure that Azure is at work on the deletion; the token to follow, or None when nothing is left to follow.

    Raises `CloudError`.
    """
    resource = journal.resource_of(plan, run_id, key)
    return await patiently(
        run_id, key, lambda: _begin_once(connect(), run_id, resource), until_cancelled=True
    )


async def finish(
    connect: Connect, plan: Plan, run_id: str, key: str, token: str | None
) -> tuple[StepState, dict[str, Any]]:
    """Wait until the resource is gone; how that ended, and until when Azure keeps it for recovery."""
    resource = journal.resource_of(plan, run_id, key)
    if journal.step(run_id, key)["state"] == "Skipped":
        return "Skipped", {}
    return await patiently(run_id, key, lambda: _finish_once(connect(), run_id, resource, token))


async def _begin_once(cloud: Cloud, run_id: str, resource: Resource) -> str | None:
    found = await registry.of(resource.key).stands(cloud, resource)
    if found is None:
        journal.set_step(run_id, resource.key, note="It was gone already.")
        return None
    # Ours went before the group, so whatever is inside now is somebody else's.
    strangers = [str(r.get("name")) for r in await cloud.inside(resource.id)] if resource.key == GROUP else []
    if strangers:
        names = ", ".join(strangers[:5]) + (" and more" if len(strangers) > 5 else "")
        journal.set_step(
            run_id, resource.key, state="Skipped", note=f"It holds what Groundplan did not create: {names}."
        )
        return None
    if journal.cancelled(run_id):
        raise Stopped
    row = journal.step(run_id, resource.key)
    intent: dict[str, Any] = {
        "put_at": row["put_at"] or time.time(),
        "outputs": {"location": found.get("location")},
    }
    journal.set_step(run_id, resource.key, attempt=row["attempt"] + 1, **intent)
    purge = bool(journal.options(run_id).get("purge"))
    begun = await registry.of(resource.key).delete(cloud, resource, purge)
    told = Event.of("Azure has accepted the request to delete it.", row["attempt"] + 1, begun)
    journal.set_step(run_id, resource.key, told, correlation_id=begun.correlation_id)
    return begun.token


async def _finish_once(
    cloud: Cloud, run_id: str, resource: Resource, token: str | None
) -> tuple[StepState, dict[str, Any]]:
    if token is not None:
        try:
            await cloud.finish_delete(resource.id, resource.api_version, token)
        except CloudError as error:
            if error.status not in (400, 404, 410):
                raise  # else the token has expired, and the resource itself says whether it is there
    while not await registry.of(resource.key).gone(cloud, resource):
        await asyncio.sleep(cloud.poll_s)
    return "Deleted", await _aftermath(cloud, run_id, resource)


async def _aftermath(cloud: Cloud, run_id: str, resource: Resource) -> dict[str, Any]:
    """Purge what is only soft-deleted, or say until when Azure keeps it."""
    kind, row = registry.of(resource.key), journal.step(run_id, resource.key)
    if not kind.soft_delete_days or not row["put_at"]:
        return {}
    if journal.options(run_id).get("purge"):
        await kind.purge(cloud, resource, str((row["outputs"] or {}).get("location", "")))
        return {}
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=kind.soft_delete_days)
    return {"soft_deleted_until": until.date().isoformat()}
