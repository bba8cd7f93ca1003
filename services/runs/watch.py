"""What the worker asks of runs besides the one that it walks: which wait, which go on, what a project has ever made."""

import time

import sqlalchemy as sa

from services.progress import ENDED, RunView
from services.runs import journal
from services.runs.database import reading
from services.runs.journal import PUTTING
from services.runs.tables import runs, steps


def waiting_for_worker(target: str, older_than_s: float) -> list[str]:
    """Runs that were written down and that no worker has begun: whoever wrote them may have died."""
    queued = sa.and_(runs.c.target == target, runs.c.state == "Queued")
    with reading() as db:
        rows = db.execute(sa.select(runs.c.id, runs.c.created_at).where(queued)).all()
    return [id for id, at in rows if abs(time.time() - at) > older_than_s]


def unfinished(target: str) -> list[RunView]:
    """The runs of a target that go on."""
    mine = sa.and_(runs.c.target == target, runs.c.state.not_in(ENDED))
    with reading() as db:
        ids = db.execute(sa.select(runs.c.id).where(mine).order_by(runs.c.created_at)).scalars().all()
    return [journal.view(id) for id in ids]


def role_assigned_at(project_id: str) -> float | None:
    """When a run of the project has last made a role assignment."""
    made = sa.and_(
        runs.c.project_id == project_id, steps.c.key.like("role_assignment%"), steps.c.created_by_run
    )
    wanted = sa.select(sa.func.max(steps.c.finished_at)).select_from(
        runs.join(steps, steps.c.run_id == runs.c.id)
    )
    with reading() as db:
        found = db.execute(wanted.where(made)).scalar()
    return None if found is None else float(found)


def ever_made(project_id: str, resource_id: str) -> bool:
    """Whether a run of the project has ever created a resource of that ID, removed since or not."""
    mine = sa.and_(runs.c.project_id == project_id, sa.func.lower(steps.c.resource_id) == resource_id.lower())
    wanted = sa.select(steps.c.run_id).select_from(runs.join(steps, steps.c.run_id == runs.c.id))
    with reading() as db:
        found = db.execute(wanted.where(mine, runs.c.kind.in_(PUTTING), steps.c.created_by_run).limit(1))
        return found.first() is not None
