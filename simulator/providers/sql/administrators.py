"""A server's Microsoft Entra administrator: a resource of its own, and a part of the server's body as well.

https://learn.microsoft.com/rest/api/sql/server-azure-ad-administrators
"""

from __future__ import annotations

from typing import Any

from simulator.call import Call
from simulator.errors import ArmError
from simulator.operations import Operation
from simulator.providers.sql.rows import Row
from simulator.providers.sql.settings import Setting
from simulator.providers.sql.shared import server_id
from simulator.state import Resource
from simulator.world import World


class Administrator(Setting):
    """Who may sign in as the server's administrator without a password."""

    arm_type = "Microsoft.Sql/servers/administrators"
    row = Row(
        "administrators",
        "administrator",
        "ActiveDirectory",
        "UpsertServerActiveDirectoryAdministrator",
        {"administratorType": "ActiveDirectory"},
        always=False,
    )

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse one that does not say who it is."""
        given = body.properties or {}
        if not isinstance(given.get("login"), str) or not isinstance(given.get("sid"), str):
            raise ArmError(
                400, "InvalidParameterValue", "Login and object ID (sid) of the administrator are required."
            )
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the tenant, and whether it is the only way to sign in."""
        super().build(call, body, resource, before)
        only = call.state.get(f"{server_id(resource.id)}/azureADOnlyAuthentications/Default")
        alone = bool(only and only.body["properties"].get("azureADOnlyAuthentication"))
        body["properties"] = {"tenantId": call.world.tenant_id, "azureADOnlyAuthentication": alone} | body[
            "properties"
        ]

    def finish(self, world: World, operation: Operation) -> None:
        """Let the server show its new administrator."""
        super().finish(world, operation)
        resource = world.state.get(operation.resource)
        if resource is not None and operation.action in {"create", "update"}:
            _tell_server(world, resource.id, resource.body["properties"])

    def created(self, world: World, resource: Resource) -> None:
        """Let the server show its new administrator."""
        _tell_server(world, resource.id, resource.body["properties"])

    def deleted(self, world: World, resource: Resource) -> None:
        """Let the server show none."""
        _tell_server(world, resource.id, None)


def _tell_server(world: World, administrator: str, shown: dict[str, Any] | None) -> None:
    server = world.state.get(server_id(administrator))
    if server is None:
        return
    server.body["properties"].pop("administrators", None)
    if shown is not None:
        server.body["properties"]["administrators"] = shown
    world.state.put(server)
