"""The Machine Learning workspace: what the whole plan leads to."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from services.catalogue.base import (
    Begun,
    Cloud,
    Look,
    NamedSettings,
    Resource,
    ResourceType,
    resource_id,
    tags,
)
from services.catalogue.types.application_insights import ApplicationInsights
from services.catalogue.types.container_registry import ContainerRegistry
from services.catalogue.types.key_vault import KeyVault
from services.catalogue.types.storage_account import StorageAccount
from services.config import ProjectConfig
from services.naming import NameRule

RULE = NameRule(
    "workspace", "resource group", 3, 33, r"[a-zA-Z0-9_-]",
    "Letters, digits, hyphens and underscores; starts with a letter or digit.", "mlw", r"[a-zA-Z0-9][a-zA-Z0-9_-]*",
)  # fmt: skip


class Workspace(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/concept-workspace"""

    class Settings(NamedSettings):
        """`workspace` of project.yaml."""

        section: ClassVar[str] = "workspace"
        order: ClassVar[int] = 20
        id_type: ClassVar[str] = "Microsoft.MachineLearningServices/workspaces"
        name: Annotated[str, RULE] = Field(
            "", title="Workspace name", description="Where models, environments and endpoints live."
        )
        storage_access: Literal["identity", "accesskey"] = Field(
            "identity", title="Storage account access", description="How the workspace reaches its data."
        )
        high_business_impact: bool = Field(
            False,
            title="High business impact",
            description="Less diagnostic data for Microsoft. Can't be changed later.",
        )

    key = "workspace"
    label = "Machine Learning workspace"
    arm_type = Settings.id_type
    api_version = "2024-10-01"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/machine-learning/concept-workspace"
    pricing = "https://azure.microsoft.com/pricing/details/machine-learning/"
    expected_s = 30.0
    soft_delete_days = 14
    look = Look("learning", "workspace")
    shows = (
        "properties.discoveryUrl",
        "properties.mlFlowTrackingUri",
        "properties.workspaceId",
        "identity.principalId",
    )

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """Always one; its parts must stand first, or Azure answers "Missing dependent resources in workspace json"."""
        before = (
            "resource_group",
            "storage_account",
            "key_vault",
            "application_insights",
            "container_registry",
        )
        settings = config[self.Settings]
        yield self.resource(config, settings, body=self.body(config, settings), depends_on=before)

    async def delete(self, cloud: Cloud, resource: Resource, purge: bool) -> Begun:
        """`forceToPurge` deletes the workspace for good and frees its name."""
        params = {"forceToPurge": "true"} if purge else None
        return await cloud.begin_delete(resource.id, resource.api_version, params)

    async def purge_deleted(self, cloud: Cloud, resource: Resource) -> None:
        """`forceToPurge` also removes what is only soft-deleted."""
        begun = await self.delete(cloud, resource, True)
        if begun.token:
            await cloud.finish_delete(resource.id, resource.api_version, begun.token)

    async def recover(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """https://learn.microsoft.com/azure/machine-learning/concept-soft-delete: its parts must be back before it."""
        properties = {**body["properties"], "allowRecoverSoftDeletedWorkspace": True}
        return await cloud.begin_put(resource.id, resource.api_version, {**body, "properties": properties})

    def body(self, config: ProjectConfig, settings: "Workspace.Settings") -> dict[str, Any]:
        """A public workspace with a system-assigned identity."""
        registry = config[ContainerRegistry.Settings]
        insights = config[ApplicationInsights.Settings]
        parts = {"containerRegistry": resource_id(config, ContainerRegistry.arm_type, registry)}
        return {
            "location": config.location,
            "tags": tags(config),
            "kind": "Default",
            "sku": {"name": "Basic", "tier": "Basic"},
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "friendlyName": settings.name,
                "storageAccount": resource_id(config, StorageAccount.arm_type, config[StorageAccount.Settings]),
                "keyVault": resource_id(config, KeyVault.arm_type, config[KeyVault.Settings]),
                "applicationInsights": resource_id(config, ApplicationInsights.arm_type, insights),
                **(parts if registry.mode != "none" else {}),
                "hbiWorkspace": settings.high_business_impact,
                "publicNetworkAccess": "Enabled",
                "systemDatastoresAuthMode": settings.storage_access,
            },
        }  # fmt: skip
