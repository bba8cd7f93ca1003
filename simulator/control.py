"""The paths that only a rehearsal has: what was written, what there is, begin anew, and let something fail."""

from __future__ import annotations

from typing import Any

from simulator import faults, scenario, seed
from simulator.call import Reply
from simulator.clock import catch_up
from simulator.kinds import REGISTRY
from simulator.world import World

ROOT = "/_simulator"


def handle(world: World, method: str, path: str, body: Any) -> Reply:
    """Answer a control path; ``body`` is JSON that has been read already."""
    routes = {
        ("GET", "/requests"): lambda: Reply(200, journal(world)),
        ("GET", "/resources"): lambda: Reply(200, resources(world)),
        ("GET", "/faults"): lambda: Reply(200, faults.pending(world.state)),
        ("DELETE", "/faults"): lambda: _clear_faults(world),
        ("POST", "/faults"): lambda: _add_faults(world, body),
        ("POST", "/reset"): lambda: _reset(world),
        ("GET", "/scenarios"): lambda: Reply(200, scenario.listed()),
        ("GET", "/scenario"): lambda: Reply(200, {"name": world.state.note("program", "scenario")}),
        ("POST", "/scenario"): lambda: _play(world, body),
    }
    answer = routes.get((method, path.removeprefix(ROOT).rstrip("/")))
    if answer is None:
        known = ", ".join(f"{verb} {ROOT}{tail}" for verb, tail in routes)
        return Reply(404, {"error": {"code": "NotFound", "message": f"There is {known}."}})
    return answer()


def journal(world: World) -> list[dict[str, Any]]:
    """Return every write in order; the status of a dropped answer is None."""
    rows = world.state.run("SELECT method, path, status, at FROM journal ORDER BY seq")
    return [dict(row) for row in rows]


def resources(world: World) -> list[dict[str, Any]]:
    """Return every resource with its state now."""
    with world.state.transaction():
        catch_up(world)
        return [
            {
                "id": one.id,
                "type": REGISTRY[one.type].arm_type if one.type in REGISTRY else one.type,
                "name": one.name,
                "state": one.state,
                "location": one.location,
                "created": one.created,
            }
            for one in world.state.everything()
        ]


def _add_faults(world: World, body: Any) -> Reply:
    try:
        with world.state.transaction():
            count = faults.add(world.state, body)
    except ValueError as wrong:
        return Reply(400, {"error": {"code": "InvalidFault", "message": str(wrong)}})
    return Reply(200, {"added": count})


def _clear_faults(world: World) -> Reply:
    with world.state.transaction():
        faults.clear(world.state)
    return Reply(200, {})


def _reset(world: World) -> Reply:
    with world.state.transaction():
        name = world.state.note("program", "scenario")
        world.state.clear()
        seed.plant(world)
        if name:
            scenario.apply(world, name)
    return Reply(200, {})


def _play(world: World, body: Any) -> Reply:
    """Begin anew in another scenario; null or an empty name is a rehearsal in which all goes well."""
    name = body.get("name") if isinstance(body, dict) else None
    try:
        if name:
            scenario.load(str(name))
    except scenario.Unknown as wrong:
        return Reply(400, {"error": {"code": "UnknownScenario", "message": str(wrong)}})
    with world.state.transaction():
        world.state.set_note("program", "scenario", name or None)
    return _reset(world)
