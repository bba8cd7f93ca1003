"""Workers that share a PostgreSQL database watch each other: whose heart stops, his runs are taken over.

DBOS recovers the runs of an executor when that executor comes back; on several machines it may never. On SQLite there
is one worker a target, which only looks after what died in the middle of a click.
"""

import logging
import socket
import threading
import time

import sqlalchemy as sa

from services.runs import database, orphans
from services.runs.tables import workers

BEAT_S = 3.0
DEAD_AFTER_S = 12.0
log = logging.getLogger("groundplan.heartbeat")


def beat(executor_id: str, target: str, stop: threading.Event) -> None:
    """Show that this worker lives, and look after the others and what died, until `stop` is set."""
    shared = database.engine().dialect.name == "postgresql"
    beaten = -BEAT_S
    while not stop.is_set():
        try:
            if shared and time.monotonic() - beaten >= BEAT_S:
                beaten = time.monotonic()
                _show(executor_id, target)
                for dead in claim_dead(target):
                    _take_over(dead, target)
            orphans.look_after(target, executor_id)
        except Exception as error:  # a database that does not answer now may answer at the next beat
            log.warning("looking after the runs failed: %s", error)
        stop.wait(orphans.LOOK_S)
    if shared:
        _leave(executor_id)


def claim_dead(target: str) -> list[str]:
    """The executors of a target whose heart has stopped, each given to one claimant only."""
    silent = sa.func.now() - sa.text(f"interval '{DEAD_AFTER_S} seconds'")
    claim = sa.delete(workers).where(workers.c.target == target, workers.c.seen_at < silent)
    with database.writing() as db:
        return list(db.execute(claim.returning(workers.c.executor_id)).scalars())


def _show(executor_id: str, target: str) -> None:
    with database.writing() as db:
        seen = sa.update(workers).where(workers.c.executor_id == executor_id).values(seen_at=sa.func.now())
        if db.execute(seen).rowcount == 0:
            row = {"executor_id": executor_id, "target": target, "host": socket.gethostname()}
            db.execute(sa.insert(workers).values(**row, seen_at=sa.func.now()))


def _take_over(executor_id: str, target: str) -> None:
    """Put the runs of a dead worker back into the queue, where the living find them."""
    from dbos import DBOS

    pending = DBOS.list_workflows(
        status="PENDING", executor_id=executor_id, load_input=False, load_output=False
    )
    ids = [one.workflow_id for one in pending]
    log.warning("worker %s is dead: taking over %d workflows", executor_id, len(ids))
    if ids:
        DBOS.resume_workflows(ids, queue_name=target)


def _leave(executor_id: str) -> None:
    """A worker that stops by itself keeps its runs for when it comes back, unless others live: they find it gone."""
    with database.writing() as db:
        past = sa.func.now() - sa.text("interval '1 day'")
        db.execute(sa.update(workers).where(workers.c.executor_id == executor_id).values(seen_at=past))
