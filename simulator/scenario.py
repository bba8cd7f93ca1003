"""Rehearsals in which something goes wrong: named files that say what, read once and laid over a fresh state.

A file may hold faults (answers that fail), quotas, policies, closed regions, unregistered namespaces, a directory
that is slow, and requests that are played first.  https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from simulator import faults
from simulator.address import parse
from simulator.call import Call
from simulator.catalogue import UNREGISTERED, namespaces
from simulator.clock import catch_up
from simulator.kinds import kind_of
from simulator.providers.machinelearning.sizes import set_limit
from simulator.schema import Wire
from simulator.world import World

FOLDER = Path(__file__).parent / "scenarios"
RULES = "scenario rules"


class Policy(Wire):
    """A policy that denies: every condition that is given must hold for a resource to be refused."""

    name: str
    type: str = ".*"  # a regular expression that is searched for in the resource type
    without_tag: str | None = None
    outside_regions: list[str] | None = None
    other_sku_than: list[str] | None = None
    property_path: str | None = None  # "properties.publicNetworkAccess"
    property_is: Any = None


class Played(Wire):
    """A request that has been made before anybody came; ``{subscription}`` and ``{tenant}`` stand for the first ones."""

    method: Literal["PUT", "DELETE"]
    path: str
    body: dict[str, Any] | None = None


class Quota(Wire):
    """A limit of cores; ``*`` stands for every region or family."""

    family: str
    region: str = "*"
    cores: int = Field(ge=0)


class Scenario(Wire):
    """One file."""

    title: str
    what: str
    faults: list[dict[str, Any]] = Field(default_factory=list)
    quotas: list[Quota] = Field(default_factory=list)
    policies: list[Policy] = Field(default_factory=list)
    closed: dict[str, list[str]] = Field(default_factory=dict)
    full: list[str] = Field(default_factory=list)  # regions that take no new SQL servers
    unregistered: list[str] = Field(default_factory=list)
    directory_delay_s: float = Field(default=0, ge=0)
    played: list[Played] = Field(default_factory=list)


class Unknown(ValueError):
    """There is no scenario of this name."""


def names() -> list[str]:
    """Return the names of all scenarios."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> Scenario:
    """Read a scenario.

    Raises:
        Unknown: there is none of this name.
    """
    path = FOLDER / f"{name}.json"
    if name not in names():
        raise Unknown(f"there is no scenario '{name}'; there are {', '.join(names())}")
    try:
        return Scenario.model_validate_json(path.read_text("utf-8"))
    except ValidationError as wrong:
        raise Unknown(f"the scenario '{name}' cannot be read: {wrong}") from None


def listed() -> list[dict[str, str]]:
    """Return name, title and text of each."""
    found = [(name, load(name)) for name in names()]
    return [{"name": name, "title": one.title, "what": one.what} for name, one in found]


def apply(world: World, name: str) -> None:
    """Lay a scenario over the state; within a transaction.

    Raises:
        Unknown: there is none of this name.
    """
    scenario, state = load(name), world.state
    for request in scenario.played:
        _play(world, request)
    if scenario.faults:
        faults.add(state, scenario.faults)
    for quota in scenario.quotas:
        set_limit(world, "*", quota.region, quota.family, quota.cores)
    spelt = namespaces()
    for space in scenario.unregistered:
        for subscription in world.subscriptions:
            state.set_note(
                UNREGISTERED, f"{subscription.id}/{spelt.get(space.lower(), space)}", "NotRegistered"
            )
    rules = {
        "policies": [policy.model_dump() for policy in scenario.policies],
        "closed": {kind.lower(): regions for kind, regions in scenario.closed.items()},
        "full": scenario.full,
        "directory_delay_s": scenario.directory_delay_s,
    }
    for key, value in rules.items():
        if value:
            state.set_note(RULES, key, value)
    state.set_note("program", "scenario", name)


def _play(world: World, request: Played) -> None:
    text = json.dumps(request.body or {}).replace("{tenant}", world.tenant_id)
    first = world.subscriptions[0].id
    path = request.path.replace("{subscription}", first)
    body = json.loads(text.replace("{subscription}", first))
    address = parse(path)
    kind = kind_of(
        f"{address.namespace}/{address.type_path}"
        if address.namespace
        else "microsoft.resources/resourcegroups"
    )
    assert kind is not None, f"a scenario plays a request for a type that is not there: {path}"
    caller = {"oid": world.user_object_id, "upn": "team@groundplan.example", "idtyp": "user"}
    query = {"api-version": kind.api_versions[1]}
    call = Call(world, request.method, address, query, body, caller)
    kind.put(call) if request.method == "PUT" else kind.delete(call)
    world.state.run("UPDATE operations SET ends = 0")
    catch_up(world)
