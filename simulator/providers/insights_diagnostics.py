"""Microsoft.Insights: where a resource's logs and metrics are to go, and which of them it has.

https://learn.microsoft.com/rest/api/monitor/diagnostic-settings
"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.address import parse
from simulator.call import Call, Reply
from simulator.errors import ArmError, resource_not_found
from simulator.providers.extensions import Extension
from simulator.state import Resource

#: Logs and metrics by type; every type that is not named has AllMetrics alone.
#: https://learn.microsoft.com/azure/azure-monitor/reference/logs-index
_CATEGORIES = {
    "microsoft.keyvault/vaults": ("AuditEvent AzurePolicyEvaluationDetails", "AllMetrics"),
    "microsoft.operationalinsights/workspaces": ("Audit", "AllMetrics"),
    "microsoft.containerregistry/registries": (
        "ContainerRegistryRepositoryEvents ContainerRegistryLoginEvents",
        "AllMetrics",
    ),
    "microsoft.storage/storageaccounts": ("", "Capacity Transaction"),
    "microsoft.storage/storageaccounts/blobservices": (
        "StorageRead StorageWrite StorageDelete",
        "Capacity Transaction",
    ),
    "microsoft.sql/servers/databases": (
        "SQLInsights AutomaticTuning QueryStoreRuntimeStatistics QueryStoreWaitStatistics Errors "
        "DatabaseWaitStatistics Timeouts Blocks Deadlocks",
        "Basic InstanceAndAppAdvanced WorkloadManagement",
    ),
    "microsoft.machinelearningservices/workspaces": (
        "AmlComputeClusterEvent AmlComputeClusterNodeEvent AmlComputeJobEvent AmlComputeCpuGpuUtilization "
        "AmlRunStatusChangedEvent ModelsChangeEvent ModelsReadEvent EnvironmentChangeEvent EnvironmentReadEvent",
        "AllMetrics",
    ),
    "microsoft.insights/components": (
        "AppAvailabilityResults AppBrowserTimings AppEvents AppMetrics AppDependencies AppExceptions AppPageViews "
        "AppPerformanceCounters AppRequests AppSystemEvents AppTraces",
        "AllMetrics",
    ),
    "microsoft.logic/workflows": ("WorkflowRuntime", "AllMetrics"),
}


class DiagnosticSetting(Extension):
    """Where a resource's logs and metrics are to go; answers spell the scope small, and leave much open."""

    arm_type = "Microsoft.Insights/diagnosticSettings"
    casing = "microsoft.insights/diagnosticSettings"
    create_status = 200
    inherited = False
    defaults: ClassVar[dict[str, Any]] = {
        "storageAccountId": None,
        "serviceBusRuleId": None,
        "workspaceId": None,
        "eventHubAuthorizationRuleId": None,
        "eventHubName": None,
        "metrics": [],
        "logs": [],
        "logAnalyticsDestinationType": None,
    }

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a setting that sends nothing anywhere."""
        given = body.properties or {}
        places = ("storageAccountId", "workspaceId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
        if not any(given.get(key) for key in places):
            message = "At least one data sink needs to be specified."
            raise ArmError(400, "BadRequest", message)
        return None

    def canonical_id(self, call: Call) -> str:
        """Spell the scope small, but for the names in it."""
        words = call.address.scope.split("/")
        spelt = [word if place % 2 == 0 else word.lower() for place, word in enumerate(words)]
        if len(words) > 6 and words[5].lower() == "providers":
            spelt[6] = words[6].lower()
        return f"{'/'.join(spelt)}/providers/{self.casing}/{call.address.name}"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Leave open what Azure leaves open."""
        super().build(call, body, resource, before)
        body |= {"type": None, "location": None, "kind": None, "tags": None, "identity": None}


class Category(DiagnosticSetting):
    """A kind of log or metric that a resource has: read only."""

    arm_type = "Microsoft.Insights/diagnosticSettingsCategories"
    casing = "microsoft.insights/diagnosticSettingsCategories"

    def get(self, call: Call) -> Reply:
        """Answer one."""
        found = [one for one in self.list(call) if one["name"].lower() == call.address.name.lower()]
        if not found:
            raise resource_not_found(f"{self.arm_type}/{call.address.name}", call.address.group)
        return Reply(200, found[0])

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List those of the resource."""
        self.require_parent(call, call.address, "read")
        logs, metrics = _CATEGORIES.get(parse(call.address.scope).type, ("", "AllMetrics"))
        named = [(name, "Logs") for name in logs.split()] + [(name, "Metrics") for name in metrics.split()]
        root = self.canonical_id(call).rsplit("/", 1)[0]
        empty = {"location": None, "kind": None, "tags": None, "identity": None}
        return [
            {
                "id": f"{root}/{name}",
                "type": self.casing,
                "name": name,
                **empty,
                "properties": {"categoryType": kind},
            }
            for name, kind in named
        ]

    def put(self, call: Call) -> Reply:
        """Refuse: categories are what they are."""
        message = f"The requested resource does not support http method '{call.method}'."
        raise ArmError(405, "MethodNotAllowed", message)

    patch = delete = put
