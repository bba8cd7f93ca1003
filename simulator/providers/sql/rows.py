"""The rows of ``settings``: every rule, policy and setting of a server and of a database, one row a type.

Statuses, poll addresses and spelling are recorded where a recording has them, else taken from the API's specification.
https://learn.microsoft.com/rest/api/sql
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    "isManagedIdentityInUse": False,
    "storageEndpoint": "",
    "storageAccountSubscriptionId": "00000000-0000-0000-0000-000000000000",
}
_EXTENDED = {**_AUDIT, "predicateExpression": ""}
_DEVOPS: dict[str, Any] = {
    "state": "Disabled",
    "isAzureMonitorTargetEnabled": False,
    "isManagedIdentityInUse": False,
    "storageEndpoint": "",
    "storageAccountSubscriptionId": "00000000-0000-0000-0000-000000000000",
}
_OFF: dict[str, Any] = {"state": "Disabled"}
_SCANS: dict[str, Any] = {
    "recurringScans": {"isEnabled": False, "emailSubscriptionAdmins": True, "emails": []}
}
_ALERTS: dict[str, Any] = {
    "state": "Disabled",
    "disabledAlerts": [""],
    "emailAddresses": [""],
    "emailAccountAdmins": False,
    "storageEndpoint": "",
    "storageAccountAccessKey": "",
    "retentionDays": 0,
}
_MASKING = {
    "dataMaskingState": "Disabled",
    "exemptPrincipals": "",
    "applicationPrincipals": "",
    "maskingLevel": "",
}
_WORKLOADS: dict[str, Any] = {
    "minResourcePercentPerRequest": 3.0,
    "maxResourcePercentPerRequest": 3.0,
    "importance": "normal",
    "queryExecutionTimeout": 0,
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
    always: bool = True  # what has an only name is there before anybody writes it
    secrets: tuple[str, ...] = ()  # asked for, checked, and shown to nobody
    busy: str = ""  # the code of a write in the middle of another
    near: str = ""  # a relative that is the same thing by another name: "extendedAuditingSettings"
    by_server: bool = False  # a server's own makes a database's first write an update
    result_only: bool = False  # operations are told of by a Location alone
    parent_told: bool = False  # where the server is missing, ARM says so, and not that a parent is
    old_status: int = 0  # of a creation in 2014-04-01, where that differs


_KEY = ("storageAccountAccessKey",)
_SAS = (*_KEY, "storageContainerSasKey")
SERVER = (
    Row("advancedThreatProtectionSettings", "threatDetection", "Default", "UpsertServerThreatDetection", _OFF,
        busy="ServerAdvancedThreatProtectionInProgress"),
    Row("auditingSettings", "auditingSettings", "Default", "UpsertServerEngineAuditingPolicy", _AUDIT, secrets=_KEY,
        near="extendedAuditingSettings"),
    Row("automaticTuning", "", "current", "", _TUNING),
    Row("azureADOnlyAuthentications", "azureADOnlyAuthentication", "Default", "UpsertAzureADOnlyAuthentication",
        {"azureADOnlyAuthentication": False}),
    Row("connectionPolicies", "connectionPolicies", "default", "UpsertServerConnectionPolicy",
        {"connectionType": "Default"}, old=True),
    Row("devOpsAuditingSettings", "devOpsAuditingSettings", "Default", "UpsertServerDevOpsAudit", _DEVOPS, secrets=_KEY),
    Row("extendedAuditingSettings", "extendedAuditingSettings", "Default", "UpsertServerEngineAuditingPolicy", _EXTENDED,
        secrets=_KEY, near="auditingSettings"),
    Row("ipv6FirewallRules", status=201),
    Row("outboundFirewallRules", "outboundFirewallRules", "", "UpsertServerOutboundFirewallRules",
        parent_told=True),
    Row("securityAlertPolicies", "securityAlertPolicies", "Default", "UpsertServerThreatDetectionPolicy", _ALERTS,
        busy="ServerSecurityAlertPolicyInProgress"),
    Row("sqlVulnerabilityAssessments", "", "Default", "", _OFF),
    Row("virtualNetworkRules", "virtualNetworkRules", "", "UpsertServerVirtualNetworkFirewallRules",
        {"ignoreMissingVnetServiceEndpoint": False, "state": "Ready"}),
    Row("vulnerabilityAssessments", "", "Default", "", _SCANS, 201, secrets=_SAS),
)  # fmt: skip
DATABASE = (
    Row("advancedThreatProtectionSettings", "", "Default", "", _OFF, 201),
    Row("auditingSettings", "", "Default", "", _AUDIT, 201, secrets=_KEY, near="extendedAuditingSettings"),
    Row("automaticTuning", "", "current", "", _TUNING),
    Row("backupLongTermRetentionPolicies", "longTermRetentionPolicy", "default", "UpsertDatabaseBackupArchivalPolicyV2",
        {"weeklyRetention": "PT0S", "monthlyRetention": "PT0S", "yearlyRetention": "PT0S", "weekOfYear": 0}),
    Row("backupShortTermRetentionPolicies", "shortTermRetentionPolicy", "default", "UpsertDatabaseBackupShortTermPolicy",
        {"retentionDays": 7, "diffBackupIntervalInHours": 12}),
    Row("dataMaskingPolicies", "", "Default", "", _MASKING, old=True),
    Row("extendedAuditingSettings", "", "Default", "", _EXTENDED, 201, secrets=_KEY, near="auditingSettings"),
    Row("geoBackupPolicies", "", "Default", "", {"state": "Enabled", "storageType": "Premium"}, 201, old=True),
    Row("ledgerDigestUploads", "ledgerDigestUploads", "Current", "EnableLedgerDigestUploads", _OFF),
    Row("maintenanceWindows", "", "Default", "", {"timeRanges": []}),
    Row("securityAlertPolicies", "", "Default", "", _ALERTS, 201, old=True, old_status=200),
    Row("sqlVulnerabilityAssessments", "", "Default", "", _OFF),
    Row("transparentDataEncryption", "transparentDataEncryption", "Current", "UpdateDatabaseTransparentDataEncryption",
        {"state": "Enabled"}, old=True),
    Row("vulnerabilityAssessments", "", "Default", "", _SCANS, 201, secrets=_SAS, by_server=True),
    Row("workloadGroups", "workloadGroup", "", "UpsertWorkloadGroup", _WORKLOADS),
)  # fmt: skip
WORKLOAD_GROUP = (
    Row(
        "workloadClassifiers", "workloadClassifier", "", "UpsertWorkloadClassifier", {"importance": "normal"}
    ),
)
