"""The storage account: where the workspace keeps data, models and logs."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from services.catalogue.base import Look, NamedSettings, Resource, ResourceType, tags
from services.config import ProjectConfig
from services.naming import NameRule

RULE = NameRule(
    "storage account", "global", 3, 24, r"[a-z0-9]", "Lower-case letters and digits only.", "st",
    separator="", lower=True,
)  # fmt: skip
Sku = Literal[
    "Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"
]


class StorageAccount(ResourceType):
    """https://learn.microsoft.com/azure/storage/common/storage-account-overview"""

    class Settings(NamedSettings):
        """`storage_account` of project.yaml."""

        section: ClassVar[str] = "storage_account"
        order: ClassVar[int] = 30
        id_type: ClassVar[str] = "Microsoft.Storage/storageAccounts"
        name: Annotated[str, RULE] = Field(
            "",
            title="Storage account",
            description="Holds the workspace's data, models and logs. Unique in the world.",
        )
        sku: Sku = Field(
            "Standard_LRS", title="Redundancy", description="How many copies Azure keeps, and where."
        )

    key = "storage_account"
    label = "Storage account"
    arm_type = Settings.id_type
    api_version = "2025-06-01"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/storage/common/storage-account-overview"
    pricing = "https://azure.microsoft.com/pricing/details/storage/blobs/"
    expected_s = 23.0
    look = Look("data", "storage-account")
    shows = ("properties.primaryEndpoints.blob",)

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """Always one: a workspace can't be without."""
        settings = config[self.Settings]
        body = self.body(config, settings.sku)
        yield self.resource(config, settings, body=body, depends_on=("resource_group",))

    def body(self, config: ProjectConfig, sku: str) -> dict[str, Any]:
        """General purpose v2, no public blobs, TLS 1.2: what the workspace accepts and Azure's own baseline asks for."""
        return {
            "location": config.location,
            "tags": tags(config),
            "kind": "StorageV2",
            "sku": {"name": sku},
            "properties": {
                "accessTier": "Hot",
                "allowBlobPublicAccess": False,
                "minimumTlsVersion": "TLS1_2",
                "supportsHttpsTrafficOnly": True,
            },
        }

    def unsuitable(self, found: Mapping[str, Any], config: ProjectConfig) -> str | None:
        """Not premium, no hierarchical namespace, same region.

        https://learn.microsoft.com/azure/machine-learning/how-to-manage-workspace
        """
        if str(found.get("sku", {}).get("name", "")).startswith("Premium"):
            return "premium accounts can't be a workspace's default storage"
        if found.get("properties", {}).get("isHnsEnabled"):
            return "has a hierarchical namespace"
        if found.get("kind") == "BlobStorage":
            return "blob-only accounts can't be a workspace's default storage"
        return (
            None
            if found.get("location") == config.location
            else f"is in another region, {found.get('location')}"
        )
