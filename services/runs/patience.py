"""Repeating what may pass by itself: bounded in tries and in time, as long as the cloud asks to wait, visibly."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.runs import journal

T = TypeVar("T")
Connect = Callable[[], Cloud]
MAX_TRIES = 12
MAX_WAIT_S = 15 * 60.0
LONGEST_PAUSE_S = 60.0


async def patiently(run_id: str, key: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until it works; a permanent error, or the last transient one, comes through as `CloudError`."""
    began = time.monotonic()
    for tried in range(1, MAX_TRIES + 1):
        try:
            result = await attempt()
        except CloudError as error:
            pause = min(LONGEST_PAUSE_S, error.retry_after or 0.5 * 2 ** (tried - 1))
            if not error.transient or tried == MAX_TRIES or time.monotonic() - began + pause > MAX_WAIT_S:
                raise
            why = f"{error.code} ({error.status})" if error.status else error.code
            said = f"Azure answered {why}; trying again in {pause:.0f} s ({tried} of {MAX_TRIES})."
            journal.set_step(run_id, key, note=said)
            await asyncio.sleep(pause)
        else:
            if tried > 1:
                journal.set_step(run_id, key, note=f"Went on after {tried - 1} failed tries.")
            return result
    raise AssertionError("the loop above returns or raises")
