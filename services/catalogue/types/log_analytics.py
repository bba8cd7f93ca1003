"""The Log Analytics workspace: where Application Insights keeps its records since its classic form was retired."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import Field

from services.catalogue.base import Begun, Cloud, Look, NamedSettings, Resource, ResourceType, named, tags
from services.config import ProjectConfig
from services.naming import NameRule

RULE = NameRule(
    "Log Analytics workspace", "resource group", 4, 63, r"[A-Za-z0-9-]",
    "Letters, digits and hyphens; starts and ends with a letter or digit.", "log", r"[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]",
)  # fmt: skip


class LogAnalytics(ResourceType):
    """https://learn.microsoft.com/azure/azure-monitor/logs/log-analytics-workspace-overview"""

    class Settings(NamedSettings):
        """`log_analytics` of project.yaml."""

        section: ClassVar[str] = "log_analytics"
        order: ClassVar[int] = 50
        id_type: ClassVar[str] = "Microsoft.OperationalInsights/workspaces"
        name: Annotated[str, RULE] = Field(
            "", title="Log Analytics workspace", description="Stores what Application Insights records."
        )
        retention_days: int = Field(30, ge=30, le=730, title="Retention in days")

    key = "log_analytics"
    label = "Log Analytics workspace"
    arm_type = Settings.id_type
    api_version = "2023-09-01"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/azure-monitor/logs/log-analytics-workspace-overview"
    pricing = "https://azure.microsoft.com/pricing/details/monitor/"
    expected_s = 22.0
    soft_delete_days = 14
    look = Look("production", "log-analytics")
    shows = ("properties.customerId",)

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """One, unless an existing Application Insights brings its own."""
        if named(config, "application_insights").mode == "new":
            settings = config[self.Settings]
            body = self.body(config, settings.retention_days)
            yield self.resource(config, settings, body=body, depends_on=("resource_group",), sku="PerGB2018")

    async def delete(self, cloud: Cloud, resource: Resource, purge: bool) -> Begun:
        """`force` deletes the workspace and its records for good."""
        params = {"force": "true"} if purge else None
        return await cloud.begin_delete(resource.id, resource.api_version, params)

    def body(self, config: ProjectConfig, retention_days: int) -> dict[str, Any]:
        """Pay per gigabyte."""
        return {
            "location": config.location,
            "tags": tags(config),
            "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": retention_days},
        }
