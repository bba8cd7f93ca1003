"""The queue before a deployment's container: so many requests at once, so many waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Queue:
    """Lets requests in one after another; how many at once may change at any time."""

    def __init__(self) -> None:
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def inside(self) -> int:
        """How many requests there are, waiting ones included."""
        return self._busy + len(self._waiting)

    @asynccontextmanager
    async def place(self, places: int) -> AsyncIterator[None]:
        """Wait for one of ``places`` and hold it."""
        if self._busy >= places:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()  # it was given a place at the very moment when it gave up
                else:
                    self._waiting.remove(turn)
                raise
        else:
            self._busy += 1
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        """Hand the place to the one that has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._busy -= 1
