"""The inspector's own process, `python -m services.models.arrive ID`: looks at a stored file and keeps what it is."""

import resource
import sys
import traceback
from dataclasses import replace
from functools import partial

from services.models import arrivals, files, inspection, records
from services.models.arrivals import Arrival
from services.models.inspection import NotAModel
from services.processes import locks
from services.runs.database import DatabaseError
from services.runs.projects import ProjectMissing

MEMORY_BYTES = 4 * 1024**3
CPU_S = 30 * 60


def main(id: str) -> int:
    """Look at one arrival and write down how it ended; 0 when the model is kept."""
    arrival = arrivals.get(id)
    try:
        lock = locks.take(arrivals.lock_of(id))
    except locks.LockHeld:
        return 0  # another one looks at it already
    try:
        ended = _ended(arrival)
        arrivals.note(ended)
        return 0 if ended.state == "kept" else 1
    finally:
        lock.release()


def _ended(arrival: Arrival) -> Arrival:
    try:
        _limit()
        return replace(arrival, state="kept", said="", model=_kept(arrival))
    except (NotAModel, files.FileMissing, DatabaseError, ProjectMissing) as error:
        said = str(error)
    except MemoryError:
        said = (
            "Looking at this file takes more than 4 GB of memory. It is not a model that can be served here."
        )
    except Exception as error:
        traceback.print_exc()
        said = f"The inspection met an error of its own ({type(error).__name__}). The log intake.log has the details."
    return replace(arrival, state="refused", said=said)


def _kept(arrival: Arrival) -> str:
    """Inspect the file and add it to its project, with the golden set that came with it."""
    path = files.path_of(arrival.sha256)
    intake = inspection.inspect(path, name=arrival.name, say=partial(_say, arrival, [-1.0]))
    record = records.add(arrival.project_id, arrival.name, intake, by=arrival.by)
    if arrival.golden and not record.golden:
        record = records.set_golden(record.id, arrival.golden, seen=record.version, by=arrival.by)
    return record.id


def _say(arrival: Arrival, told: list[float], share: float) -> None:
    """Write down every hundredth: nobody sees finer steps."""
    if share - told[0] >= 0.01:
        told[0] = share
        arrivals.note(replace(arrival, state="looking", share=share))


def _limit() -> None:
    """A file made to exhaust its reader exhausts this process alone."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
