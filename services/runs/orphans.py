"""What a process that died in the middle of a user's click has left behind: the worker finds it and goes on.

A run is written into our tables and then put into the engine's queue; a cancel is written and then sent to the parked
resources. Between the two a web process may be killed. A workflow whose own database was full for a moment stands
still until somebody takes it up, and one that the engine has given up must not look as if it went on.
"""

import logging
import time

from services.progress import BUSY, RunView, StepError
from services.runs import client, doorbell, journal, watch

LOOK_S = 2.0
# Younger ones are most likely still on their way.
GRACE_S = 3.0
ASLEEP_S = 8.0
GIVEN_UP = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
log = logging.getLogger("groundplan.orphans")
_asleep_since: dict[str, float] = {}


def look_after(target: str, executor_id: str) -> None:
    """Go on with what nobody goes on with, once. Raises `DatabaseError`."""
    for run_id in watch.waiting_for_worker(target, GRACE_S):
        client.hand_over(run_id, target)
    going_on = watch.unfinished(target)
    for run in going_on:
        if journal.cancelled(run.id) and _settled(run):
            client.stop_parked(run)
    if going_on:
        _wake(target, executor_id)
        _bury({run.id: run for run in going_on})


def _settled(run: RunView) -> bool:
    """Whether its failures are older than a cancel that is just being sent."""
    failed = [s.finished_at or 0.0 for s in run.steps.values() if s.state == "Failed"]
    return all(abs(time.time() - at) > GRACE_S for at in failed)


def _wake(target: str, executor_id: str) -> None:
    """Take up what the engine holds for running here while nobody here is at it, seen so for some looks."""
    from dbos import DBOS

    mine = DBOS.list_workflows(status="PENDING", executor_id=executor_id, load_input=False, load_output=False)
    asleep = {one.workflow_id for one in mine if not doorbell.walking(one.workflow_id)}
    now = time.monotonic()
    for gone in set(_asleep_since) - asleep:
        del _asleep_since[gone]
    fast = [id for id in asleep if now - _asleep_since.setdefault(id, now) > ASLEEP_S]
    if fast:
        log.warning("taking up %d workflows that stood still", len(fast))
        DBOS.resume_workflows(fast, queue_name=target)


def _bury(going_on: dict[str, RunView]) -> None:
    """Say of a run that the engine has given up that it has failed: the next one adopts what it has made."""
    from dbos import DBOS

    over = DBOS.list_workflows(
        workflow_ids=list(going_on), status=GIVEN_UP, load_input=False, load_output=False
    )
    for one in over:
        log.warning("%s was given up by the engine: %s", one.workflow_id, one.status)
        run, now = going_on[one.workflow_id], time.time()
        why = StepError(
            "Internal",
            str(one.status),
            None,
            "Groundplan's engine has given this run up.",
            "Press Create again.",
        )
        for key, step in run.steps.items():
            if step.state in BUSY:
                journal.set_step(run.id, key, state="Failed", error=why, finished_at=now)
        journal.set_run(run.id, state="Failed", finished_at=now)
