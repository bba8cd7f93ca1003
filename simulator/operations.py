"""Long-running operations, by the clock: the end is stored when they begin, so that a restart loses nothing.

A resource's state is a list of transitions whose pace is set from outside: the same code is slow in a demo and
instant in a test.  What is due is settled before each request is looked at.  An operation that is *held* does not end
by the clock alone: a worker in the background has to release it, and may let it fail.
"""

from __future__ import annotations

import json
import math
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from simulator.errors import ArmError
from simulator.state import Resource
from simulator.world import World

#: Operations that wait for somebody besides the clock.
HELD = "held operations"
#: What stands in a path as it is; a group's name may be in any script, and headers are ASCII.
SAFE = "/()._-:"


@dataclass(frozen=True)
class Style:
    """How a type tells of an operation: path templates of its poll addresses, and the recorded Retry-After.

    ``status`` is the Azure-AsyncOperation address, ``result`` the Location; empty where the type sends none.
    """

    status: str = ""
    result: str = ""
    retry_after: int | None = None
    status_query: str = ""
    result_query: str = ""
    at_resource: bool = False  # the Location is the resource itself


@dataclass(frozen=True)
class Operation:
    """One long-running operation; ``state`` is InProgress, Succeeded or Failed."""

    id: str
    resource: str
    type: str
    action: str
    started: float
    ends: float
    status_path: str
    result_path: str
    retry_after: int | None
    error: dict[str, Any] | None
    state: str


def begin(
    world: World,
    resource: Resource,
    action: str,
    seconds: float,
    style: Style | None = None,
    error: ArmError | None = None,
    held: bool = False,
) -> Operation:
    """Store an operation that ends ``seconds`` x pace from now, and return it.

    With ``error`` it will fail when its time has come, as an operation does whose flaw Azure finds late.  With ``held``
    it ends not before ``release``.
    """
    style = style or Style()
    now, number = world.now(), str(uuid.uuid4())
    names = _names(world, resource, number)
    operation = Operation(
        number,
        resource.key,
        resource.type.lower(),
        action,
        now,
        now + seconds * world.pace,
        style.status.format(**names),
        style.result.format(**names),
        style.retry_after,
        error.error() if error else None,
        "InProgress",
    )
    values = [getattr(operation, name) for name in Operation.__dataclass_fields__]
    values[9] = json.dumps(operation.error) if operation.error else None
    world.state.run("INSERT INTO operations VALUES (?,?,?,?,?,?,?,?,?,?,?)", *values)
    if held:
        world.state.set_note(HELD, number, now)
    return operation


def all_held(world: World) -> list[str]:
    """Return the numbers of the operations that wait for their worker, oldest first."""
    return list(world.state.notes(HELD))


def is_held(world: World, number: str) -> bool:
    """Tell whether an operation waits for its worker."""
    return world.state.note(HELD, number) is not None


def release(world: World, number: str, error: ArmError | None = None) -> None:
    """Let a held operation end: by the clock if all is well, at once with an error."""
    world.state.set_note(HELD, number, None)
    told = json.dumps(error.error()) if error else None
    # Never before now: what follows on its end must not happen before the end could be known.
    sql = "UPDATE operations SET ends = CASE WHEN ? IS NULL THEN max(ends, ?) ELSE ? END, error = ? WHERE id = ?"
    world.state.run(sql + " AND state = 'InProgress'", told, world.now(), world.now(), told, number)


def headers(world: World, operation: Operation, style: Style, api_version: str) -> dict[str, str]:
    """Return the headers that tell a client where to poll, and when."""
    out: dict[str, str] = {}
    for name, path, more in (
        ("Azure-AsyncOperation", operation.status_path, style.status_query),
        ("Location", operation.result_path, style.result_query),
    ):
        if path:
            out[name] = f"{world.endpoint}{quote(path, safe=SAFE)}?api-version={api_version}{more}"
    if style.at_resource and (resource := world.state.get(operation.resource)):
        out["Location"] = f"{world.endpoint}{quote(resource.id, safe=SAFE)}?api-version={api_version}"
    return {**out, **wait(world, operation)}


def wait(world: World, operation: Operation, after_end: bool = False) -> dict[str, str]:
    """Return Retry-After where it was recorded, shortened by the pace but never 0: clients read 0 as 30 s."""
    if operation.retry_after is None or (operation.state != "InProgress" and not after_end):
        return {}
    return {"Retry-After": str(max(1, math.ceil(operation.retry_after * world.pace)))}


def find(world: World, path: str) -> Operation | None:
    """Return the operation that is polled at this path."""
    where = "lower(status_path) = ? OR lower(result_path) = ?"
    rows = world.state.run(f"SELECT * FROM operations WHERE {where}", path.lower(), path.lower())
    return _operation(rows[0]) if rows else None


def by_id(world: World, number: str) -> Operation | None:
    """Return an operation by its number."""
    rows = world.state.run("SELECT * FROM operations WHERE id = ?", number)
    return _operation(rows[0]) if rows else None


def running(world: World, resource_id: str) -> Operation | None:
    """Return the operation that a resource is in the middle of."""
    sql = "SELECT * FROM operations WHERE resource = ? AND state = 'InProgress' ORDER BY ends"
    rows = world.state.run(sql, resource_id.lower())
    return _operation(rows[0]) if rows else None


def settle(world: World, finish: Callable[[World, Operation], None]) -> None:
    """Bring everything up to now: ``finish`` is called for each operation whose time has come, in order."""
    sql = (
        "SELECT * FROM operations WHERE state = 'InProgress' AND ends <= ? "
        "AND id NOT IN (SELECT key FROM notes WHERE room = ?) ORDER BY ends, rowid"
    )
    for row in world.state.run(sql, world.now(), HELD):
        operation = _operation(row)
        state = "Failed" if operation.error else "Succeeded"
        world.state.run("UPDATE operations SET state = ? WHERE id = ?", state, operation.id)
        finish(world, operation)


def _names(world: World, resource: Resource, number: str) -> dict[str, str]:
    parts = resource.id.split("/")
    place, at = resource.location, resource.id
    while not place and at.count("/") > 8:  # what has no region of its own is where its parent is
        at = at.rsplit("/", 2)[0]
        parent = world.state.get(at)
        place = parent.location if parent else ""
    return {
        "id": number,
        "subscription": parts[2],
        "group": resource.group,
        "location": place,
        "resource": resource.id,
        "parent": resource.id.rsplit("/", 2)[0],
    }


def _operation(row: sqlite3.Row) -> Operation:
    values = dict(row)
    values["error"] = json.loads(row["error"]) if row["error"] else None
    return Operation(**values)
