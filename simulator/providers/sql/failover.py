"""Failover groups, which stand on two servers at once: what one side calls primary is secondary to the other.

https://learn.microsoft.com/rest/api/sql/failover-groups
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.providers.sql.rows import Row
from simulator.providers.sql.settings import Setting
from simulator.providers.sql.shared import begun, place_of, server_id, style
from simulator.state import Resource
from simulator.world import World

_SERVERS = "microsoft.sql/servers"
_DEFAULTS: dict[str, Any] = {
    "readWriteEndpoint": {"failoverPolicy": "Automatic", "failoverWithDataLossGracePeriodMinutes": 60},
    "readOnlyEndpoint": {"failoverPolicy": "Disabled"},
    "replicationRole": "Primary",
    "replicationState": "CATCH_UP",
    "databases": [],
}


class FailoverGroup(Setting):
    """A group of databases that two servers share."""

    arm_type = "Microsoft.Sql/servers/failoverGroups"
    row = Row("failoverGroups", "failoverGroup", "", "CreateFailoverGroup", _DEFAULTS)
    actions: ClassVar[dict[str, str]] = {
        "failover": "failover",
        "forcefailoverallowdataloss": "failover",
        "tryplannedbeforeforcedfailover": "failover",
    }

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a group without one partner that is there and elsewhere."""
        partners = (body.properties or {}).get("partnerServers")
        ids = (
            [one.get("id") for one in partners if isinstance(one, dict)] if isinstance(partners, list) else []
        )
        if len(ids) != 1 or not isinstance(ids[0], str):
            raise ArmError(
                400, "InvalidFailoverGroupPartnerServer", "Exactly one partner server must be given."
            )
        found = call.state.get(ids[0])
        if found is None or found.type != _SERVERS:
            message = f"The partner server '{ids[0].rpartition('/')[2]}' does not exist."
            raise ArmError(404, "PartnerServerNotFound", message)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add roles and regions; a secondary stays one when it is written."""
        super().build(call, body, resource, before)
        role = before.get("properties", {}).get("replicationRole", "Primary")
        _place(call.world, resource, body, role)
        if before:
            _mirror(call.world, resource)

    def created(self, world: World, resource: Resource) -> None:
        """Let the partner have the group too."""
        _mirror(world, resource)

    def deleted(self, world: World, resource: Resource) -> None:
        """Take the group from the partner too."""
        world.state.remove(_twin_id(resource))

    def failover(self, call: Call, resource: Resource) -> Reply:
        """Make this side the primary."""
        reply = begun(call, resource, style("failoverGroup", 1), "FailoverFailoverGroup")
        _place(call.world, resource, resource.body, "Primary")
        call.state.put(resource)
        _mirror(call.world, resource)
        return reply


def _place(world: World, resource: Resource, body: dict[str, Any], role: str) -> None:
    """Say where both sides are, and which role each has."""
    other = "Secondary" if role == "Primary" else "Primary"
    given = body["properties"]["partnerServers"][0]["id"]
    partner = world.state.get(given)
    there = {
        "id": partner.id if partner else given,
        "location": place_of(world, given),
        "replicationRole": other,
    }
    body["location"] = place_of(world, resource.id)
    body["properties"] |= {"replicationRole": role, "partnerServers": [there]}


def _twin_id(resource: Resource) -> str:
    partner = resource.body["properties"]["partnerServers"][0]["id"]
    return f"{partner}/failoverGroups/{resource.name}"


def _mirror(world: World, resource: Resource) -> None:
    """Keep the partner's view of a group."""
    twin, own = _twin_id(resource), server_id(resource.id)
    body = copy.deepcopy(resource.body) | {"id": twin}
    body["properties"]["partnerServers"] = [{"id": own}]
    role = "Secondary" if resource.body["properties"]["replicationRole"] == "Primary" else "Primary"
    request = copy.deepcopy(resource.request)
    request.setdefault("properties", {})["partnerServers"] = [{"id": own}]
    made = Resource(twin, resource.type, resource.name, "Succeeded", body, request, created=resource.created)
    _place(world, made, body, role)
    world.state.put(made)
