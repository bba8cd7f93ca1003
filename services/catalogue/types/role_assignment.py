"""The role assignment that lets the workspace's identity read and write blobs without a storage key."""

import uuid
from collections.abc import Iterable
from typing import Any

from services.catalogue.base import Look, Output, Resource, ResourceType, resource_id
from services.catalogue.types.storage_account import StorageAccount
from services.catalogue.types.workspace import Workspace
from services.config import ProjectConfig
from services.naming import NameRule

BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
RULE = NameRule(
    "role assignment",
    "scope",
    36,
    36,
    r"[0-9a-f-]",
    "A GUID.",
    "",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
)


class RoleAssignment(ResourceType):
    """https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage#storage-blob-data-contributor"""

    Settings = Workspace.Settings
    key = "role_assignment"
    label = "Role assignment"
    arm_type = "Microsoft.Authorization/roleAssignments"
    api_version = "2022-04-01"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/role-based-access-control/role-assignments"
    pricing = ""
    expected_s = 2.0
    look = Look("security", "role-assignment")

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """One for a new workspace with identity-based access: Storage Blob Data Contributor on its account."""
        workspace = config[Workspace.Settings]
        if workspace.mode == "new" and workspace.storage_access == "identity":
            scope = resource_id(config, StorageAccount.arm_type, config[StorageAccount.Settings])
            name = assignment_name(
                resource_id(config, Workspace.arm_type, workspace), BLOB_DATA_CONTRIBUTOR, scope
            )
            yield self.resource(
                config, workspace, key="role_assignment_storage", label="Storage Blob Data Contributor", name=name,
                id=f"{scope}/providers/{self.arm_type}/{name}", body=self.body(config, scope), location="",
                depends_on=("workspace", "storage_account"),
            )  # fmt: skip

    def body(self, config: ProjectConfig, scope: str) -> dict[str, Any]:
        """`principalType` spares the look-up that fails while a new identity is still spreading."""
        role = f"/subscriptions/{config.subscription_id}/providers/Microsoft.Authorization/roleDefinitions"
        return {
            "properties": {
                "roleDefinitionId": f"{role}/{BLOB_DATA_CONTRIBUTOR}",
                "principalId": Output("workspace", "identity.principalId"),
                "principalType": "ServicePrincipal",
            }
        }


def assignment_name(principal: str, role: str, scope: str) -> str:
    """The same GUID for the same workspace, role and scope, so that a second run finds the first one's."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{principal}|{role}|{scope}".lower()))
