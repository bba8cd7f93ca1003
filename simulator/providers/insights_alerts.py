"""Microsoft.Insights: alert rules, who is told, and web tests; kept as they are given, and never set off.

https://learn.microsoft.com/rest/api/monitor/metric-alerts
"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator import regions
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.gatehouse import check_region, given_location
from simulator.state import Resource
from simulator.world import timestamp


class Rule(Child):
    """Something that watches or tells; its region may be the whole world."""

    regional = True
    deletion_rank = 3
    everywhere: ClassVar[bool] = True
    open_parts: ClassVar[tuple[str, ...]] = ()  # shown as null where nobody has said anything

    def check_region(self, call: Call, existing: Resource | None) -> None:
        """Let ``global`` be a region too."""
        if not self.everywhere or regions.normal(given_location(call)) != "global":
            check_region(call, self.arm_type, self.closed_regions, existing)

    def canonical_id(self, call: Call) -> str:
        """Spell the namespace small, the type as it is written."""
        group = call.state.get(call.address.scope)
        types = self.arm_type.split("/", 1)[1]
        scope = group.id if group else call.address.scope
        return f"{scope}/providers/microsoft.insights/{types}/{call.address.name}"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Keep the location as it was written."""
        super().build(call, body, resource, before)
        body["location"] = resource.request.get("location") or body["location"]
        body |= {key: None for key in self.open_parts if not resource.request.get(key)}


class ActionGroup(Rule):
    """Who is told."""

    arm_type = "Microsoft.Insights/actionGroups"
    casing = "Microsoft.Insights/ActionGroups"
    create_status = 201
    open_parts = ("kind", "tags", "identity")
    _receivers: ClassVar[tuple[str, ...]] = (
        "email", "sms", "webhook", "itsm", "azureAppPush", "automationRunbook", "voice", "logicApp", "azureFunction",
        "armRole",
    )  # fmt: skip
    defaults: ClassVar[dict[str, Any]] = {"enabled": True, **{f"{name}Receivers": [] for name in _receivers}}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Tell that mail and messages go out."""
        super().build(call, body, resource, before)
        for key in ("emailReceivers", "smsReceivers"):
            found = body["properties"].get(key)
            for one in found if isinstance(found, list) else []:
                if isinstance(one, dict):
                    one["status"] = "Enabled"


class ActivityLogAlert(Rule):
    """A rule about the activity log."""

    arm_type = "Microsoft.Insights/activityLogAlerts"
    casing = "Microsoft.Insights/ActivityLogAlerts"
    create_status = 201
    open_parts = ("kind", "identity")
    defaults: ClassVar[dict[str, Any]] = {"enabled": True, "actions": {"actionGroups": []}}


class MetricAlert(Rule):
    """A rule about a metric."""

    arm_type = "Microsoft.Insights/metricAlerts"
    defaults: ClassVar[dict[str, Any]] = {"enabled": True, "autoMitigate": True, "actions": []}
    actions: ClassVar[dict[str, str]] = {"GET status": "status"}

    def canonical_id(self, call: Call) -> str:
        """Spell the namespace as it is written, unlike the other rules."""
        return super().canonical_id(call).replace("/microsoft.insights/", "/Microsoft.Insights/")

    def status(self, call: Call, resource: Resource) -> Reply:
        """Answer that nothing is known: nothing is measured here."""
        name = "Y3VycmVudFN0YXR1cw=="  # "currentStatus", as Azure writes it
        told = {"dimensions": {}, "status": "Unknown", "timestamp": timestamp(call.world.now())}
        kind = "Microsoft.Insights/metricAlerts/status"
        one = {"id": f"{resource.id}/status/{name}", "name": name, "type": kind, "properties": told}
        return Reply(200, {"value": [one]})


class QueryRule(Rule):
    """A rule about a query of logs."""

    arm_type = "Microsoft.Insights/scheduledQueryRules"
    casing = "microsoft.insights/scheduledqueryrules"
    create_status = 201
    everywhere = False
    open_parts = ("kind", "tags")
    state_key = "provisioningState"

    def canonical_id(self, call: Call) -> str:
        """Spell everything small but names."""
        return super().canonical_id(call).replace("/scheduledQueryRules/", "/scheduledqueryrules/")

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the name that people read, and the time."""
        super().build(call, body, resource, before)
        body["etag"] = f'"{call.world.fixed_id(f"{resource.key}/{call.world.now()}")}"'
        shown = {"displayName": resource.name, "lastUpdatedTime": timestamp(call.world.now())}
        body["properties"] = {**shown, **body["properties"]}


class WebTest(Rule):
    """A test of an address, that nobody runs here."""

    arm_type = "Microsoft.Insights/webtests"
    casing = "microsoft.insights/webtests"
    everywhere = False
    state_key = "provisioningState"
    defaults: ClassVar[dict[str, Any]] = {"Enabled": False, "Frequency": 300, "Timeout": 30}
