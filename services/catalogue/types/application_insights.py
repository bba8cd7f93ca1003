"""Application Insights: the request records and metrics of the endpoint."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from services.catalogue.base import Look, NamedSettings, Resource, ResourceType, resource_id, tags
from services.catalogue.types.log_analytics import LogAnalytics
from services.config import ProjectConfig
from services.naming import NameRule

RULE = NameRule(
    "Application Insights", "resource group", 1, 260, r"[^%&\\?/\x00-\x1f#<>]",
    "None of % & \\ ? / # < >, and no space or period at the end.", "appi", r".*[^ .]",
)  # fmt: skip


class ApplicationInsights(ResourceType):
    """https://learn.microsoft.com/azure/azure-monitor/app/app-insights-overview (workspace-based)"""

    class Settings(NamedSettings):
        """`application_insights` of project.yaml."""

        section: ClassVar[str] = "application_insights"
        order: ClassVar[int] = 60
        id_type: ClassVar[str] = "Microsoft.Insights/components"
        name: Annotated[str, RULE] = Field(
            "",
            title="Application insights",
            description="Records the requests to your model and how long they took.",
        )

    key = "application_insights"
    label = "Application Insights"
    arm_type = Settings.id_type
    api_version = "2020-02-02"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/azure-monitor/app/app-insights-overview"
    pricing = "https://azure.microsoft.com/pricing/details/monitor/"
    expected_s = 17.0
    look = Look("production", "application-insights")
    shows = ("properties.AppId",)

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """Always one: a workspace can't be without."""
        body = self.body(config)
        yield self.resource(
            config, config[self.Settings], body=body, depends_on=("resource_group", "log_analytics")
        )

    def body(self, config: ProjectConfig) -> dict[str, Any]:
        """Workspace-based: the classic form can't be created since February 2024."""
        logs = config[LogAnalytics.Settings]
        return {
            "location": config.location,
            "tags": tags(config),
            "kind": "web",
            "properties": {
                "Application_Type": "web",
                "IngestionMode": "LogAnalytics",
                "WorkspaceResourceId": resource_id(config, LogAnalytics.arm_type, logs),
            },
        }

    def unsuitable(self, found: Mapping[str, Any], config: ProjectConfig) -> str | None:
        """Classic components are retired."""
        if not found.get("properties", {}).get("WorkspaceResourceId"):
            return "is classic, which Azure has retired: it has no Log Analytics workspace"
        return (
            None
            if found.get("location") == config.location
            else f"is in another region, {found.get('location')}"
        )
