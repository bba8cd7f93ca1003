"""The resource group: the folder of a project's resources, and what a tear-down may empty."""

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from services.catalogue.base import Look, NamedSettings, Resource, ResourceType, group_id, tags
from services.config import ProjectConfig
from services.naming import NameRule

RULE = NameRule(
    "resource group", "subscription", 1, 90, r"[-\w._()]",
    "Letters, digits, hyphens, underscores, periods and parentheses, not ending in a period.", "rg",
    r"[-\w._()]*[-\w_()]",
)  # fmt: skip


class ResourceGroup(ResourceType):
    """https://learn.microsoft.com/azure/azure-resource-manager/management/manage-resource-groups-portal (free of charge)"""

    class Settings(NamedSettings):
        """`resource_group` of project.yaml."""

        section: ClassVar[str] = "resource_group"
        order: ClassVar[int] = 10
        id_type: ClassVar[str] = "Microsoft.Resources/resourceGroups"
        name: Annotated[str, RULE] = Field(
            "", title="Resource group", description="A folder for the project's resources, removed as one."
        )

    key = "resource_group"
    label = "Resource group"
    arm_type = Settings.id_type
    api_version = "2025-04-01"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/azure-resource-manager/management/overview#resource-groups"
    pricing = ""
    expected_s = 3.0
    look = Look("scope", "resource-group")

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """Always one."""
        body = {"location": config.location, "tags": tags(config)}
        yield self.resource(config, config[self.Settings], id=group_id(config), body=body)
