"""Firewall rules of a SQL server.  https://learn.microsoft.com/rest/api/sql/firewall-rules"""

from __future__ import annotations

import ipaddress
from typing import Any

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.providers.sql.shared import busy, not_found, old_place
from simulator.schema import Tracked, Wire
from simulator.state import Resource


class FirewallRuleProperties(Wire):
    """A range of addresses."""

    startIpAddress: str
    endIpAddress: str


class FirewallRuleBody(Tracked):
    """What a PUT on a firewall rule may say."""

    properties: FirewallRuleProperties


class FirewallRule(Kind):
    """A firewall rule of a server; synchronous."""

    arm_type = "Microsoft.Sql/servers/firewallRules"
    body = FirewallRuleBody
    api_versions = ("2014-04-01", "2026-12-31")
    regional = False
    state_key = ""
    create_status = 201
    deletion_rank = 1

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse what is no range of IPv4 addresses."""
        try:
            first, last = (ipaddress.IPv4Address(text) for text in body.properties.model_dump().values())
        except ipaddress.AddressValueError as wrong:
            raise ArmError(
                400, "InvalidFirewallRuleIPAddress", f"The IP address is invalid: {wrong}"
            ) from None
        if first > last:
            message = f"Firewall rule start IP address {first} is after its end IP address {last}."
            raise ArmError(400, "InvalidFirewallRuleRange", message)
        server = call.state.get(call.address.parent.path)
        if server is not None and server.state == "Creating":
            raise busy("Server", f"server '{server.name}'")
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Leave only what Azure shows of a rule."""
        body.pop("systemData")

    def missing(self, address: Address) -> ArmError:
        """Return SQL's own 404."""
        return not_found(self.arm_type, address)

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Add place and kind in the version that has them."""
        body = self.view(resource)
        if call.api_version == "2014-04-01":
            body |= {"location": old_place(call, resource), "kind": "v12.0"}
        return body

    def get(self, call: Call) -> Reply:
        """Answer one rule; the envelope of 2014-04-01 has no ``error`` around it."""
        try:
            return super().get(call)
        except ArmError as error:
            if call.api_version != "2014-04-01" or error.headers:
                raise
            message = "Resource not found for the segment 'firewallRules'."
            bare: dict[str, Any] = {
                "code": "NotFound",
                "message": message,
                "target": None,
                "details": [],
                "innererror": [],
            }
            return Reply(404, bare)
