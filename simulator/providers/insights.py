"""Microsoft.Insights: Application Insights components.

https://learn.microsoft.com/rest/api/application-insights/components
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Literal

from simulator import regions
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind, matches
from simulator.providers.insights_parts import billing
from simulator.schema import Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp

WORKSPACE = "microsoft.operationalinsights/workspaces"
Flag = Literal["Enabled", "Disabled", "SecuredByPerimeter"]


class ComponentProperties(Wire):
    """A component's settings; the capitals are Azure's."""

    Application_Type: Literal["web", "other"]
    Flow_Type: Literal["Bluefield"] | None = None
    Request_Source: Literal["rest", "IbizaAIExtension", "IbizaMachineLearningExtension"] | None = None
    WorkspaceResourceId: str | None = None
    IngestionMode: (
        Literal["ApplicationInsights", "ApplicationInsightsWithDiagnosticSettings", "LogAnalytics"] | None
    ) = None
    RetentionInDays: Literal[30, 60, 90, 120, 180, 270, 365, 550, 730] | None = None
    SamplingPercentage: float | None = None
    DisableIpMasking: bool | None = None
    DisableLocalAuth: bool | None = None
    ForceCustomerStorageForProfiler: bool | None = None
    HockeyAppId: str | None = None
    ImmediatePurgeDataOn30Days: bool | None = None
    publicNetworkAccessForIngestion: Flag | None = None
    publicNetworkAccessForQuery: Flag | None = None


class ComponentBody(Tracked):
    """What a PUT on a component may say."""

    kind: str
    properties: ComponentProperties | None = None


class Component(Kind):
    """An Application Insights component."""

    arm_type = "Microsoft.Insights/components"
    casing = "microsoft.insights/components"
    body = ComponentBody
    seconds = 17
    delete_seconds = 9
    deletion_rank = 4
    tells_last_page = True
    actions: ClassVar[dict[str, str]] = {
        "GET currentbillingfeatures": "billing",
        "PUT currentbillingfeatures": "billing",
    }

    def billing(self, call: Call, resource: Resource) -> Reply:
        """Answer or change what the component may take in a day."""
        return billing(call, resource)

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        if not matches(r"[^%&\\?/]{1,260}", name) or name.endswith((" ", ".")):
            raise ArmError(400, "InvalidResourceName", f"Resource name '{name}' is invalid.")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a Log Analytics workspace that is not there, or not ready."""
        properties = body.properties
        if properties is None:
            raise ArmError(400, "BadRequest", "The property 'Application_Type' is required.")
        workspace = properties.WorkspaceResourceId
        if workspace is None:
            if properties.IngestionMode == "LogAnalytics":
                raise ArmError(
                    400, "BadRequest", "WorkspaceResourceId is required when IngestionMode is LogAnalytics."
                )
            return None
        found = call.state.get(workspace)
        if found is None or found.type != WORKSPACE:
            message = f"The workspace resource '{workspace}' given by 'WorkspaceResourceId' was not found."
            raise ArmError(400, "BadRequest", message)
        if found.state not in {"Succeeded", "Updating"}:
            message = f"Workspace '{found.name}' is not active: its provisioning state is {found.state}."
            raise ArmError(400, "BadRequest", message)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add keys, addresses and defaults."""
        old, given, location = before.get("properties", {}), body["properties"], body["location"]
        key = old.get("InstrumentationKey") or str(uuid.uuid4())
        app = old.get("AppId") or str(uuid.uuid4())
        based = "WorkspaceResourceId" in given
        defaults = {
            "ApplicationId": resource.name,
            "AppId": app,
            "Flow_Type": "Bluefield",
            "Request_Source": "rest",
            "InstrumentationKey": key,
            "ConnectionString": _connection(key, app, regions.normal(location)),
            "Name": resource.name,
            "CreationDate": old.get("CreationDate") or timestamp(call.world.now()),
            "TenantId": call.address.subscription,
            "SamplingPercentage": None,
            "RetentionInDays": 90,
            "IngestionMode": "LogAnalytics" if based else "ApplicationInsights",
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "Ver": "v2",
        }
        body["properties"] = {**defaults, **given}
        if not based:
            body["properties"]["Retention"] = f"P{body['properties']['RetentionInDays']}D"
        body.pop("systemData")
        body["etag"] = f'"{uuid.uuid4()}"'


def _connection(key: str, app: str, location: str) -> str:
    return (
        f"InstrumentationKey={key};IngestionEndpoint=https://{location}-0.in.applicationinsights.azure.com/;"
        f"LiveEndpoint=https://{location}.livediagnostics.monitor.azure.com/;ApplicationId={app}"
    )
