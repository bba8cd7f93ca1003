"""DNS aliases of SQL servers, which can wander from one server to another.

https://learn.microsoft.com/rest/api/sql/server-dns-aliases
"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator import operations
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.operations import Operation, Style
from simulator.providers.sql.shared import SqlKind
from simulator.state import Resource
from simulator.world import timestamp

_ROOT = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Sql/locations/{location}"
_STYLE = Style(f"{_ROOT}/dnsAliasAsyncOperation/{{id}}", f"{_ROOT}/dnsAliasOperationResults/{{id}}", 1)


class DnsAlias(SqlKind):
    """A second name of a server."""

    arm_type = "Microsoft.Sql/servers/dnsAliases"
    regional = False
    state_key = ""
    seconds = delete_seconds = 5
    deletion_rank = 1
    create_style = update_style = delete_style = _STYLE
    result_status = 201
    keeps_system_data = False
    verbs: ClassVar[dict[str, str]] = {
        "create": "CreateServerDnsAlias",
        "update": "CreateServerDnsAlias",
        "delete": "DropServerDnsAlias",
    }

    def put(self, call: Call) -> Reply:
        """Create; the request has no body."""
        call.body = call.body if isinstance(call.body, dict) else {}
        return super().put(call)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the name in DNS."""
        body["properties"] = {"azureDnsRecord": f"{resource.name.lower()}.database.windows.net"}

    def action(self, call: Call, name: str) -> Reply | None:
        """Acquire an alias from another server."""
        if call.method != "POST" or name.lower() != "acquire":
            return None
        if (there := call.state.get(call.address.without_action.path)) is not None:
            return Reply(200, _acquired(call, there))
        given = str((call.body or {}).get("oldServerDnsAliasId", "")) if isinstance(call.body, dict) else ""
        old = call.state.get(given)
        if old is None or old.type != self.arm_type.lower():
            message = f"The requested DNS alias '{given}' was not found."
            raise ArmError(404, "ServerDnsAliasNotFound", message)
        call.address = call.address.without_action
        call.state.remove(old.id)
        resource = self._new(call)
        self._fill(call, {}, resource, None)
        resource.state = "Creating"
        call.state.put(resource)
        operation = operations.begin(call.world, resource, "create", self.seconds, _STYLE)
        headers = operations.headers(call.world, operation, _STYLE, call.api_version)
        return Reply(202, self.accepted(call, "create", resource, operation), headers)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        return {"operation": self.verbs[action], "startTime": timestamp(operation.started)}


def _acquired(call: Call, alias: Resource) -> dict[str, Any]:
    """Return what SQL says of an alias that the server has already."""
    return {
        "logicalServerName": call.address.names[0],
        "logicalResourcePoolId": "00000000-0000-0000-0000-000000000000",
        "serverDnsAliasName": alias.name,
        "azureDnsRecord": alias.body["properties"]["azureDnsRecord"],
        "state": "Ready",
        "externalState": "READY",
    }
