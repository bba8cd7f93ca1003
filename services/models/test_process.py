"""The process behind a test on this machine: asks the model's server, keeps the verdict or the answers, says how far it is.

    python -m services.models.test_process MODEL_ID

It is started detached by `testing.start` and outlives the page that asked for it. SIGTERM cancels it.
"""

import os
import signal
import sys
import traceback
from types import FrameType

from services.models import candidate, local_test, records, serving, test_state
from services.models.candidate import Candidate
from services.models.files import FileMissing
from services.models.records import ModelChanged, ModelMissing, ModelRecord
from services.models.serving import NotServing
from services.models.test_state import CANCELLED, Job, Phase, Tally
from services.processes import locks
from services.runs.database import DatabaseError

CHANGED = "The model was changed just as this began. Run it again."
STOPPED = "The test server was stopped before the end. Nothing was recorded."
Outcome = tuple[Phase, str]


class Cancelled(Exception):
    """Somebody has asked us to end."""


def main(model_id: str) -> int:
    """Do what the job of a model says; the state file tells how it ended. 2 where there is no job."""
    job = test_state.read_job(model_id)
    if job is None:
        return 2
    try:
        lock = locks.take(test_state.folder_of(model_id) / "lock")
    except locks.LockHeld:
        return 0  # another one is at it
    signal.signal(signal.SIGTERM, _cancel)
    signal.signal(signal.SIGINT, _cancel)
    tally = Tally(job)
    try:
        tally.end(*_outcome(job, tally))
    finally:
        lock.release()
    return 0


def _outcome(job: Job, tally: Tally) -> Outcome:
    """How it ends; whatever goes wrong has its words."""
    try:
        return _done(job, tally)
    except Cancelled:
        return "cancelled", CANCELLED
    except (DatabaseError, FileMissing, ModelChanged, ModelMissing, NotServing) as error:
        said = str(error)
    except Exception as error:  # whatever it is, the page must say so
        traceback.print_exc()
        said = f"It met an error of its own ({type(error).__name__}). The log model-test.log has the details."
    _no_longer_cancelled()
    return "failed", said


def _done(job: Job, tally: Tally) -> Outcome:
    record = records.get(job.model_id)
    tested = candidate.of_record(record)
    if tested.key != job.key:
        return "failed", CHANGED
    return _recorded(job, record, tested, tally) if job.kind == "record" else _tested(job, tested, tally)


def _tested(job: Job, tested: Candidate, tally: Tally) -> Outcome:
    """Test, and keep the verdict with the hashes that it is of. A server that somebody stopped says nothing of the model."""
    verdict = local_test.check(tested, tested.server_key, lambda _: None, tally.count)
    server = serving.state(tested.server_key)
    if not verdict["passed"] and server and server.phase in ("stopped", "building", "starting"):
        return "cancelled", STOPPED
    _no_longer_cancelled()
    records.set_verdict(job.model_id, verdict, job.by)
    return ("passed" if verdict["passed"] else "failed"), ""


def _recorded(job: Job, record: ModelRecord, tested: Candidate, tally: Tally) -> Outcome:
    """Ask every request of the golden set and keep the answers as expected: all of them or none."""
    kept, total = [], len(tested.golden)
    tally.count(test_state.RECORDING, 0, total)
    for number, case in enumerate(tested.golden, 1):
        answer = serving.ask(tested.server_key, case["request"])
        if answer.status != 200:
            return (
                "failed",
                f"Request {number} is answered with status {answer.status}. Nothing was recorded.",
            )
        kept.append({"request": case["request"], "expected": answer.body})
        tally.count(test_state.RECORDING, number, total)
    _no_longer_cancelled()
    records.set_golden(job.model_id, kept, seen=record.version, by=job.by)
    return "recorded", ""


def _cancel(_number: int, _frame: FrameType | None) -> None:
    _no_longer_cancelled()
    raise Cancelled


def _no_longer_cancelled() -> None:
    """What is being written down now is written whole."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1]))
