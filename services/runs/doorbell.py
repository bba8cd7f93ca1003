"""Tells who waits in this process that a resource's walk has ended, so that nobody asks the database every moment.

It is a short cut and no truth: what it knows dies with the process, and who waits for a walk of another process is
told to ask the database.
"""

import asyncio
from dataclasses import dataclass, field

# How long to wait for a walk that has not begun here: those of one run begin within moments, or elsewhere.
BEGINS_WITHIN_S = 1.0


@dataclass
class _Bell:
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


_bells: dict[str, _Bell] = {}


def begins(workflow_id: str) -> None:
    """A walk begins, or goes on, in this process."""
    bell = _bells.setdefault(workflow_id, _Bell())
    bell.over.clear()
    bell.begun.set()


def ends(workflow_id: str) -> None:
    """It has come to its end, however that was."""
    _bells.setdefault(workflow_id, _Bell()).over.set()


def forget(workflow_id: str) -> None:
    """Nobody will ask any more."""
    _bells.pop(workflow_id, None)


def walking(workflow_id: str) -> bool:
    """Whether this process is at it now."""
    bell = _bells.get(workflow_id)
    return bell is not None and bell.begun.is_set() and not bell.over.is_set()


async def over(workflow_id: str) -> bool:
    """Wait until a walk of this process has ended; False at once-and-a-bit when it is none of this process."""
    bell = _bells.setdefault(workflow_id, _Bell())
    try:
        await asyncio.wait_for(bell.begun.wait(), BEGINS_WITHIN_S)
    except TimeoutError:
        return False
    await bell.over.wait()
    return True
