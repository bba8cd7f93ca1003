"""A soft-deleted resource that still holds the name: purged for good, or brought back with what was in it.

What is brought back belongs to the project when one of its runs had created it; else it is used and never removed.
"""

from services.catalogue import registry
from services.plan import Plan
from services.progress import StepError, StepState
from services.runs import create, journal, watch
from services.runs.events import Event
from services.runs.patience import Connect, patiently

HELD_BY_TWIN = "ConflictError"  # as `services.explain` calls it, whatever Azure's own code
PURGING: StepState = "Deleting"
RECOVERING: StepState = "Creating"


def offered(key: str, error: StepError | None) -> bool:
    """Whether purging or recovering is an answer to this failure."""
    return error is not None and error.code == HELD_BY_TWIN and registry.of(key).soft_delete_days > 0


async def settle(connect: Connect, plan: Plan, run_id: str, key: str, answer: str) -> None:
    """Purge ("purge") or bring back ("recover"), and wait for its end. Raises `CloudError`."""
    state = PURGING if answer == "purge" else RECOVERING
    note = "Purging the deleted one." if answer == "purge" else "Recovering the deleted one."
    journal.set_step(run_id, key, Event(note), state=state, error=None, note=note, finished_at=None)
    if answer == "purge":
        await patiently(run_id, key, lambda: registry.of(key).purge_deleted(connect(), plan[key]))
    else:
        await patiently(run_id, key, lambda: _recover(connect, plan, run_id, key))


async def _recover(connect: Connect, plan: Plan, run_id: str, key: str) -> None:
    """Ask for it once: after a crash it stands already. The retry that follows puts the settings of now."""
    resource, kind, cloud = plan[key], registry.of(key), connect()
    if await kind.find(cloud, resource) is None:
        body = await create.resolved(cloud, plan, resource.body)
        begun = await kind.recover(cloud, resource, body)
        if begun.token:
            await kind.follow(cloud, resource, begun.token, lambda _: None)
    journal.ask_to_put(run_id, key)
    ours = watch.ever_made(journal.project_of(run_id), resource.id)
    journal.set_step(run_id, key, Event("Recovered, with what was in it."), created_by_run=ours)
