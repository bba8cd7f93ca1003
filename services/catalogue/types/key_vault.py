"""The key vault: where the workspace keeps its connections' secrets, and the SQL administrator's password."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from services.catalogue.base import Begun, Cloud, Look, NamedSettings, Output, Resource, ResourceType, tags
from services.config import ProjectConfig
from services.naming import NameRule

RULE = NameRule(
    "key vault", "global", 3, 24, r"[a-zA-Z0-9-]",
    "Letters, digits and single hyphens; starts with a letter, ends with a letter or digit.", "kv",
    r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]",
)  # fmt: skip


class KeyVault(ResourceType):
    """https://learn.microsoft.com/azure/key-vault/general/overview"""

    class Settings(NamedSettings):
        """`key_vault` of project.yaml."""

        section: ClassVar[str] = "key_vault"
        order: ClassVar[int] = 40
        id_type: ClassVar[str] = "Microsoft.KeyVault/vaults"
        name: Annotated[str, RULE] = Field(
            "", title="Key vault", description="Keeps secrets that the workspace uses. Unique in the world."
        )
        sku: Literal["standard", "premium"] = Field("standard", title="Pricing tier")

    key = "key_vault"
    label = "Key vault"
    arm_type = Settings.id_type
    api_version = "2024-11-01"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/key-vault/general/overview"
    pricing = "https://azure.microsoft.com/pricing/details/key-vault/"
    expected_s = 20.0
    soft_delete_days = 90
    look = Look("security", "key-vault")
    shows = ("properties.vaultUri",)

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """Always one: a workspace can't be without."""
        settings = config[self.Settings]
        yield self.resource(
            config, settings, body=self.body(config, settings.sku), depends_on=("resource_group",)
        )

    def body(self, config: ProjectConfig, sku: str) -> dict[str, Any]:
        """Roles instead of access policies, as azure-ai-ml makes it: no later PUT can wipe a policy of the workspace."""
        return {
            "location": config.location,
            "tags": tags(config),
            "properties": {
                "tenantId": Output("subscription", "tenantId"),
                "sku": {"family": "A", "name": sku},
                "accessPolicies": [],
                "enableRbacAuthorization": True,
                "enableSoftDelete": True,
                "softDeleteRetentionInDays": 90,
            },
        }

    async def purge(self, cloud: Cloud, resource: Resource, location: str) -> None:
        """A deleted vault is purged by a request of its own, which needs the Key Vault Contributor role."""
        await cloud.purge_vault(resource.id, location)

    async def deleted_twin(self, cloud: Cloud, name: str, subscription_id: str) -> bool:
        """A deleted vault keeps its name for 90 days."""
        found = await cloud.deleted_vaults(subscription_id)
        return any(str(one["name"]).lower() == name.lower() for one in found)

    async def purge_deleted(self, cloud: Cloud, resource: Resource) -> None:
        """Purge the deleted vault where it was, which need not be the project's region."""
        subscription = resource.id.split("/")[2]
        for one in await cloud.deleted_vaults(subscription):
            if str(one["name"]).lower() == resource.name.lower():
                await cloud.purge_vault(resource.id, str(one["properties"]["location"]))

    async def recover(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/create-or-update#createmode"""
        properties = {**body["properties"], "createMode": "recover"}
        return await cloud.begin_put(resource.id, resource.api_version, {**body, "properties": properties})

    def unsuitable(self, found: Mapping[str, Any], config: ProjectConfig) -> str | None:
        """The workspace and its vault share a region."""
        return (
            None
            if found.get("location") == config.location
            else f"is in another region, {found.get('location')}"
        )
