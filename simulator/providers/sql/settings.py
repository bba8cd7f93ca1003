"""What else a SQL server and a database have: rules, policies and settings, each with its own way to be written.

One row a type.  Statuses and poll addresses are recorded where a recording has them, else taken from the API's
specification.  https://learn.microsoft.com/rest/api/sql
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call
from simulator.children import Child
from simulator.errors import ArmError
from simulator.operations import Operation, Style
from simulator.providers.sql.shared import as_recorded, not_found, old_place, style
from simulator.state import Resource
from simulator.world import timestamp

_OPTIONS = ("createIndex", "dropIndex", "forceLastGoodPlan", "maintainIndex")
_TUNING = {
    "desiredState": "Auto",
    "actualState": "Auto",
    "options": {
        name: {
            "desiredState": "Default",
            "actualState": "On" if name == "forceLastGoodPlan" else "Off",
            "reasonCode": 2,
            "reasonDesc": "AutoConfigured",
        }
        for name in _OPTIONS
    },
}
_AUDIT: dict[str, Any] = {
    "state": "Disabled",
    "retentionDays": 0,
    "auditActionsAndGroups": [],
    "isAzureMonitorTargetEnabled": False,
    "isStorageSecondaryKeyInUse": False,
    "storageAccountSubscriptionId": "00000000-0000-0000-0000-000000000000",
}
_OFF: dict[str, Any] = {"state": "Disabled"}
_SCANS: dict[str, Any] = {"recurringScans": {"isEnabled": False, "emailSubscriptionAdmins": True}}
_ALERTS: dict[str, Any] = {
    "state": "Disabled",
    "disabledAlerts": [""],
    "emailAddresses": [""],
    "emailAccountAdmins": False,
    "storageEndpoint": "",
    "storageAccountAccessKey": "",
    "retentionDays": 0,
}


@dataclass(frozen=True)
class Row:
    """A type: its last segment, the noun of its operation (none: done at once), and its only name if it has one."""

    name: str
    noun: str = ""
    only: str = ""
    operation: str = ""
    defaults: dict[str, Any] | None = None
    status: int = 200  # of a creation that is done at once
    old: bool = False  # 2014-04-01 answers with location and kind


SERVER = (
    Row("administrators", "administrator", "activedirectory", "UpsertServerActiveDirectoryAdministrator"),
    Row("advancedThreatProtectionSettings", "threatDetection", "default", "UpsertServerThreatDetection", _OFF),
    Row("auditingSettings", "auditingSettings", "default", "UpsertServerEngineAuditingPolicy", _AUDIT),
    Row("automaticTuning", "", "current", "", _TUNING),
    Row("azureADOnlyAuthentications", "azureADOnlyAuthentication", "default", "UpsertAzureADOnlyAuthentication"),
    Row("communicationLinks", "communicationLink", "", "CreateServerCommunicationLink"),
    Row("connectionPolicies", "connectionPolicies", "default", "UpsertServerConnectionPolicy",
        {"connectionType": "Default"}, old=True),
    Row("devOpsAuditingSettings", "devOpsAuditingSettings", "default", "UpsertServerDevOpsAudit", _OFF),
    Row("encryptionProtector", "encryptionProtector", "current", "UpdateEncryptionProtector",
        {"serverKeyName": "ServiceManaged", "serverKeyType": "ServiceManaged", "autoRotationEnabled": False}),
    Row("extendedAuditingSettings", "extendedAuditingSettings", "default", "UpsertServerEngineAuditingPolicy", _AUDIT),
    Row("failoverGroups", "failoverGroup", "", "CreateFailoverGroup"),
    Row("ipv6FirewallRules", status=201),
    Row("keys", "serverKey", "", "UpsertServerKey"),
    Row("outboundFirewallRules", "outboundFirewallRules", "", "UpsertServerOutboundFirewallRules"),
    Row("securityAlertPolicies", "securityAlertPolicies", "default", "UpsertServerThreatDetectionPolicy", _ALERTS),
    Row("virtualNetworkRules", "virtualNetworkRules", "", "UpsertServerVirtualNetworkFirewallRules"),
    Row("vulnerabilityAssessments", "", "default", "", _SCANS),
)  # fmt: skip
DATABASE = (
    Row("advancedThreatProtectionSettings", "", "default", "", _OFF, 201),
    Row("auditingSettings", "", "default", "", _AUDIT, 201),
    Row("automaticTuning", "", "current", "", _TUNING),
    Row("backupLongTermRetentionPolicies", "longTermRetentionPolicy", "default", "UpsertDatabaseBackupArchivalPolicyV2",
        {"weeklyRetention": "PT0S", "monthlyRetention": "PT0S", "yearlyRetention": "PT0S", "weekOfYear": 0}),
    Row("backupShortTermRetentionPolicies", "shortTermRetentionPolicy", "default", "UpsertDatabaseBackupShortTermPolicy",
        {"retentionDays": 7, "diffBackupIntervalInHours": 12}),
    Row("dataMaskingPolicies", "", "default", "", {"dataMaskingState": "Disabled", "exemptPrincipals": ""}),
    Row("extendedAuditingSettings", "", "default", "", _AUDIT, 201),
    Row("geoBackupPolicies", "", "default", "", {"state": "Enabled", "storageType": None}, 201, old=True),
    Row("securityAlertPolicies", "", "default", "", _ALERTS, 201),
    Row("transparentDataEncryption", "transparentDataEncryption", "current", "UpdateDatabaseTransparentDataEncryption",
        {"state": "Enabled"}, old=True),
    Row("vulnerabilityAssessments", "", "default", "", _SCANS),
)  # fmt: skip


class Setting(Child):
    """A rule, policy or setting."""

    row: ClassVar[Row]
    api_versions = ("2014-04-01", "2026-12-31")
    seconds = update_seconds = delete_seconds = 2
    waits_after_end = True

    def status_of(self, call: Call, action: str) -> int:
        """Return 202 where there is an operation; 2014-04-01 knows none."""
        if self.style_of(call, action):
            return 202
        return self.row.status if action == "create" else 200

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return the type's own poll addresses, but for 2014-04-01."""
        if not self.row.noun or call.api_version == "2014-04-01":
            return None
        return as_recorded(style(self.row.noun, 15 if action == "delete" else 1), call.api_version)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        verb = self.row.operation.replace("Upsert", "Drop") if action == "delete" else self.row.operation
        return {"operation": verb, "startTime": timestamp(operation.started)}

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as SQL does."""
        started = timestamp(operation.started)
        return {"name": operation.id, "status": operation.state, "startTime": started}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Lay what is given over the defaults; retention policies answer their name in lower case."""
        body["properties"] = {**copy.deepcopy(self.row.defaults or {}), **body["properties"]}
        if self.arm_type.endswith("RetentionPolicies"):
            resource.name = body["name"] = resource.name.lower()
            resource.id = body["id"] = resource.id.rsplit("/", 1)[0] + "/" + resource.name
        if self.arm_type.endswith("automaticTuning"):
            body["properties"]["actualState"] = body["properties"]["desiredState"]

    def missing(self, address: Address) -> ArmError:
        """Return SQL's own 404."""
        return not_found(self.arm_type, address)

    def shown(self, call: Call, action: str, resource: Resource) -> Any:
        """Answer without a place, in the version that has one."""
        body = self.seen(call, resource)
        if call.api_version == "2014-04-01" and "location" in body:
            body["location"] = None
        return body

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Add place and kind in the version that has them."""
        body = self.view(resource)
        if call.api_version != "2014-04-01" or not self.row.old:
            return body
        body |= {"location": old_place(call, resource), "kind": None}
        if "transparentDataEncryption" in self.arm_type:
            body["properties"] = {"status": body["properties"].get("status") or body["properties"]["state"]}
        return body


def _declare(parent: str, row: Row) -> None:
    """Make a type of a row; naming its arm_type is what registers it."""
    members = {"arm_type": f"{parent}/{row.name}", "row": row, "singleton": row.only, "__module__": __name__}
    type(f"{row.name[0].upper()}{row.name[1:]}", (Setting,), {**members, "__doc__": f"The type {row.name}."})


for _row in SERVER:
    _declare("Microsoft.Sql/servers", _row)
for _row in DATABASE:
    _declare("Microsoft.Sql/servers/databases", _row)
