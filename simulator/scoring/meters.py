"""Counters of the scoring URI and gauges of the containers, by the minute: what Azure Monitor shows is read from here.

Latencies are kept as counts in classes 5 % wide, so that a minute takes little room however many requests it had.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from simulator.state import Resource
from simulator.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS scorings (deployment TEXT NOT NULL, minute INTEGER NOT NULL, status INTEGER NOT NULL,
       model INTEGER NOT NULL, class INTEGER NOT NULL, count INTEGER NOT NULL, seconds REAL NOT NULL,
       bytes INTEGER NOT NULL, PRIMARY KEY (deployment, minute, status, model, class)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS gauges (deployment TEXT NOT NULL, minute INTEGER NOT NULL, name TEXT NOT NULL,
       count INTEGER NOT NULL, total REAL NOT NULL, least REAL NOT NULL, most REAL NOT NULL,
       PRIMARY KEY (deployment, minute, name)) WITHOUT ROWID""",
)
#: Minutes that are kept: as long as Azure keeps them.
KEPT = 93 * 24 * 60
WIDTH = math.log(1.05)


def prepare(world: World) -> None:
    """Make the tables; done once, at the start."""
    with world.state.transaction():
        for statement in SCHEMA:
            world.state.run(statement)
        for table in ("scorings", "gauges"):
            world.state.run(f"DELETE FROM {table} WHERE minute < ?", int(world.now() // 60) - KEPT)


def count(world: World, deployment: Resource, status: int, model: int, seconds: float, size: int) -> None:
    """Count one answered request."""
    world.state.run(
        "INSERT INTO scorings VALUES (?,?,?,?,?,1,?,?) ON CONFLICT DO UPDATE SET count = count + 1,"
        " seconds = seconds + excluded.seconds, bytes = bytes + excluded.bytes",
        deployment.key, int(world.now() // 60), status, model, latency_class(seconds), seconds, size,
    )  # fmt: skip


def gauge(world: World, deployment: str, name: str, value: float) -> None:
    """Note one reading of a gauge."""
    world.state.run(
        "INSERT INTO gauges VALUES (?,?,?,1,?,?,?) ON CONFLICT DO UPDATE SET count = count + 1,"
        " total = total + excluded.total, least = min(least, excluded.least), most = max(most, excluded.most)",
        deployment, int(world.now() // 60), name, value, value, value,
    )  # fmt: skip


def forget(world: World, endpoint: str) -> None:
    """Forget all about an endpoint that is gone."""
    with world.state.transaction():
        for table in ("scorings", "gauges"):
            sql = f"DELETE FROM {table} WHERE substr(deployment, 1, ?) = ?"
            world.state.run(sql, len(endpoint) + 1, endpoint.lower() + "/")


def latency_class(seconds: float) -> int:
    """Return the class that a latency is counted in."""
    return round(math.log(max(seconds, 1e-6)) / WIDTH)


def percentile(counts: Iterable[tuple[int, int]], share: float) -> float:
    """Return a percentile in seconds of (class, count) pairs, exact to 2.5 %."""
    ordered = sorted(counts)
    rank, seen = share * sum(count for _, count in ordered), 0
    for number, many in ordered:
        seen += many
        if seen >= rank:
            return math.exp(number * WIDTH)
    return 0.0
