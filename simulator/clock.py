"""Time catches up: what is due is settled, and what waited for it goes on, at the moment when it was due.

Before a request is looked at, everything that should have happened has happened.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator import operations
from simulator.kinds import finish
from simulator.world import World

#: What goes on by itself when operations end, such as deployments; each tells whether it has done anything.
FOLLOWERS: list[Callable[[World], bool]] = []


def catch_up(world: World) -> None:
    """Bring everything up to now."""
    operations.settle(world, finish)
    while any(follow(world) for follow in FOLLOWERS):
        operations.settle(world, finish)
