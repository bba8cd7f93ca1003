"""Synchronous callers share one event loop, however many of them come at once."""

import asyncio
import threading
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from services.cloud import bridge
from services.cloud.target import Target

TARGET = Target("rehearsal", "https://127.0.0.1:1", "https://127.0.0.1:1")


def test_callers_that_come_at_once_get_the_same_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection belongs to the loop that first used it, so there must never be two."""
    make, second = bridge._loop.__wrapped__, threading.Barrier(2)

    @cache
    def loop() -> asyncio.AbstractEventLoop:
        with suppress(threading.BrokenBarrierError):
            second.wait(0.5)  # a second thread comes in here only if nothing keeps it out
        return make()

    monkeypatch.setattr(bridge, "_loop", loop)
    seen: list[Any] = []
    callers = [threading.Thread(target=lambda: seen.append(bridge.ask(TARGET, _here))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert len(seen) == 4 and len(set(map(id, seen))) == 1


async def _here(_: Any) -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()
