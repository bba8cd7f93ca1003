"""Repeating what may pass by itself: bounded in tries and in time, as long as the cloud asks to wait, visibly."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.runs import journal, watch
from services.runs.events import Event

T = TypeVar("T")
Connect = Callable[[], Cloud]
MAX_TRIES = 12
MAX_WAIT_S = 15 * 60.0
LONGEST_PAUSE_S = 60.0
# A new role assignment has reached every server of Azure after some minutes; until then they answer 403.
# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected
ROLE_SPREADS_S = 5 * 60.0
CANCEL_LOOK_S = 1.0


class Stopped(Exception):
    """The user has cancelled: nothing new begins."""


async def patiently(
    run_id: str, key: str, attempt: Callable[[], Awaitable[T]], *, until_cancelled: bool = False
) -> T:
    """Try until it works; a permanent error, or the last transient one, comes through as `CloudError`.

    `until_cancelled` is for what has not begun yet: a cancel ends the pause, and `attempt` is asked once more. It looks
    what is there, adopts what an unclear answer has left, and raises `Stopped` before it asks for anything new.
    """
    began = time.monotonic()
    for tried in range(1, MAX_TRIES + 1):
        try:
            result = await attempt()
        except CloudError as error:
            pause = min(LONGEST_PAUSE_S, error.retry_after or 0.5 * 2 ** (tried - 1))
            last = tried == MAX_TRIES or time.monotonic() - began + pause > MAX_WAIT_S
            stop = until_cancelled and journal.cancelled(run_id)
            if last or stop or not (error.transient or _spreads(error, run_id)):
                raise
            _tell(run_id, key, error, pause, tried)
            await _pause(run_id, pause, until_cancelled)
        else:
            if tried > 1:
                journal.set_step(run_id, key, note=f"Went on after {tried - 1} failed tries.")
            return result
    raise AssertionError("the loop above returns or raises")


def _tell(run_id: str, key: str, error: CloudError, pause: float, tried: int) -> None:
    code = f"{error.code} ({error.status})" if error.status else error.code
    why = f"No answer: {error.message}" if error.code == "Unreachable" else f"Azure answered {code}"
    why += ", as a new role assignment is still spreading" if error.status == 403 else ""
    said = f"{why}; trying again in {pause:.0f} s ({tried} of {MAX_TRIES})."
    told = Event.of(said, journal.step(run_id, key)["attempt"], error)
    journal.set_step(run_id, key, note=said, told=told)


def _spreads(error: CloudError, run_id: str) -> bool:
    """Whether a 403 may be the last minute's role assignment, which not every server knows yet."""
    if error.status != 403 or error.code == "RequestDisallowedByPolicy":
        return False
    assigned = watch.role_assigned_at(journal.project_of(run_id))
    return assigned is not None and abs(time.time() - assigned) < ROLE_SPREADS_S


async def _pause(run_id: str, seconds: float, until_cancelled: bool) -> None:
    """Sleep; where a cancel counts, look for one every second."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        await asyncio.sleep(min(left, CANCEL_LOOK_S) if until_cancelled else left)
        if until_cancelled and journal.cancelled(run_id):
            return
