"""Microsoft.Authorization/roleDefinitions: the built-in roles, and those that a customer defines.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from simulator.address import Address, parse
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.schema import Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
#: The built-in roles that people meet around a workspace, with the guids that they have in every tenant:
#: guid|name|actions|not actions|data actions; ``~`` stands for what many have in common.
_TABLE = """
8e3af657-a8ff-443c-a75c-2fe8c4bcb635|Owner|*||
b24988ac-6180-42a0-ab88-20f7382dd24c|Contributor|*|Microsoft.Authorization/*/Delete Microsoft.Authorization/*/Write Microsoft.Authorization/elevateAccess/Action Microsoft.Blueprint/blueprintAssignments/write Microsoft.Blueprint/blueprintAssignments/delete|
acdd72a7-3385-48ef-bd42-f606fba81ae7|Reader|*/read||
18d7d88d-d35e-4fb5-a5c3-7773c20a72d9|User Access Administrator|*/read Microsoft.Authorization/* Microsoft.Support/*||
ba92f5b4-2d11-453d-a403-e96b0029c9fe|Storage Blob Data Contributor|^/containers/delete ^/containers/read ^/containers/write ^/generateUserDelegationKey/action||^/containers/blobs/delete ^/containers/blobs/read ^/containers/blobs/write ^/containers/blobs/move/action ^/containers/blobs/add/action
b7e6dc6d-f1e8-4753-8033-0f276bb0955b|Storage Blob Data Owner|^/containers/* ^/generateUserDelegationKey/action||^/containers/blobs/*
2a2b9908-6ea1-4ae2-8e65-a410df84e7d1|Storage Blob Data Reader|^/containers/read ^/generateUserDelegationKey/action||^/containers/blobs/read
69566ab7-960f-475b-8e7c-b3118f30c6bd|Storage File Data Privileged Contributor|||Microsoft.Storage/storageAccounts/fileServices/fileshares/files/read Microsoft.Storage/storageAccounts/fileServices/fileshares/files/write Microsoft.Storage/storageAccounts/fileServices/fileshares/files/delete Microsoft.Storage/storageAccounts/fileServices/fileshares/files/modifypermissions/action
17d1049b-9a84-46fb-8f53-869881c3d3ab|Storage Account Contributor|~ Microsoft.Insights/diagnosticSettings/* Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Storage/storageAccounts/*||
00482a5a-887f-4fb3-b363-3b7fe8e74483|Key Vault Administrator|~ Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read||Microsoft.KeyVault/vaults/*
b86a8fe4-44ce-4948-aee5-eccb2c155cd7|Key Vault Secrets Officer|~ Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read||Microsoft.KeyVault/vaults/secrets/*
4633458b-17de-408a-b874-0445c86b69e6|Key Vault Secrets User|||Microsoft.KeyVault/vaults/secrets/getSecret/action Microsoft.KeyVault/vaults/secrets/readMetadata/action
7f951dda-4ed3-4680-a7ca-43fe172d538d|AcrPull|Microsoft.ContainerRegistry/registries/pull/read||
8311e382-0749-4cb8-b61a-304f252e45ec|AcrPush|Microsoft.ContainerRegistry/registries/pull/read Microsoft.ContainerRegistry/registries/push/write||
f6c7c914-8db3-469d-8ca1-694a8f32e121|AzureML Data Scientist|@/*/read @/*/action @/*/delete @/*/write|@/delete @/write @/computes/*/write @/computes/*/delete @/computes/listKeys/action @/listKeys/action|
e503ece1-11d0-4e8e-8e2c-7a6c3bf38815|AzureML Compute Operator|@/computes/* @/notebooks/vm/*||
635dd51f-9968-44d3-b7fb-6d9a6bd613ae|AzureML Metrics Writer (preview)|@/metrics/*/write||
73c42c96-874c-492b-b04d-ab87d138a893|Log Analytics Reader|*/read Microsoft.OperationalInsights/workspaces/analytics/query/action Microsoft.OperationalInsights/workspaces/search/action Microsoft.Support/*|Microsoft.OperationalInsights/workspaces/sharedKeys/read|
92aaf0da-9dab-42b6-94a3-d43ce8d16293|Log Analytics Contributor|*/read Microsoft.Insights/alertRules/* Microsoft.Insights/diagnosticSettings/* Microsoft.OperationalInsights/* Microsoft.OperationsManagement/* Microsoft.Resources/deployments/* Microsoft.Storage/storageAccounts/listKeys/action Microsoft.Support/*||
43d0d8ad-25c7-4714-9337-8ba259a9fe05|Monitoring Reader|*/read Microsoft.OperationalInsights/workspaces/search/action Microsoft.Support/*||
749f88d5-cbae-40b8-bcfc-e573ddc772fa|Monitoring Contributor|*/read Microsoft.Insights/* Microsoft.OperationalInsights/workspaces/write Microsoft.OperationalInsights/workspaces/search/action Microsoft.OperationalInsights/workspaces/sharedKeys/action Microsoft.Support/*||
3913510d-42f4-4e42-8a64-420c390055eb|Monitoring Metrics Publisher|Microsoft.Insights/Register/Action Microsoft.Support/* Microsoft.Resources/subscriptions/resourceGroups/read||Microsoft.Insights/Metrics/Write Microsoft.Insights/Telemetry/Write
36243c78-bf99-498c-9df9-86d9f8d28608|Resource Policy Contributor|*/read Microsoft.Authorization/policyassignments/* Microsoft.Authorization/policydefinitions/* Microsoft.Authorization/policysetdefinitions/* Microsoft.PolicyInsights/* Microsoft.Support/*||
9980e02c-c2be-4d73-94e8-173b1dc7cf3c|Virtual Machine Contributor|~ Microsoft.Compute/availabilitySets/* Microsoft.Compute/locations/* Microsoft.Compute/virtualMachines/* Microsoft.Compute/virtualMachineScaleSets/* Microsoft.Compute/disks/write Microsoft.Compute/disks/read Microsoft.Compute/disks/delete||
e078ab98-ef3a-4c9a-aba7-12f5172b45d0|Avere Cluster Runtime Operator|~ Microsoft.Compute/virtualMachines/read Microsoft.Network/networkInterfaces/read Microsoft.Network/networkInterfaces/write||
"""  # fmt: skip # noqa: E501
_SHORT = {
    "~": "Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/* "
    "Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*",
    "^": "Microsoft.Storage/storageAccounts/blobServices",
    "@": "Microsoft.MachineLearningServices/workspaces",
}
_ROWS = {line.partition("|")[0]: line.split("|")[1:] for line in _TABLE.strip().splitlines()}
ROLES = {guid: row[0] for guid, row in _ROWS.items()}
#: When Azure made its first roles, and when it last changed one: the only dates that are known of them.
_MADE, _CHANGED = "2015-02-02T21:55:09.8806423Z", "2019-02-05T21:24:38.4580610Z"
_DESCRIPTIONS = {
    "Owner": "Lets you manage everything, including access to resources.",
    "Contributor": "Lets you manage everything except access to resources.",
    "Reader": "Lets you view everything, but not make any changes.",
}


class Permission(Wire):
    """What a role allows."""

    actions: list[str] | None = None
    notActions: list[str] | None = None
    dataActions: list[str] | None = None
    notDataActions: list[str] | None = None


class RoleProperties(Wire):
    """A role, as its author defines it."""

    roleName: str
    type: str | None = None
    description: str | None = None
    permissions: list[Permission] | None = None
    assignableScopes: list[str] | None = None


class RoleBody(Tracked):
    """What a PUT on a role definition may say."""

    properties: RoleProperties


class RoleDefinition(Kind):
    """A role; whatever the scope of the request, a custom role stands at its subscription."""

    arm_type = "Microsoft.Authorization/roleDefinitions"
    body = RoleBody
    api_versions = ("2015-07-01", "2026-12-31")
    regional = False
    state_key = ""
    create_status = update_status = 201
    deletion_rank = 2

    def get(self, call: Call) -> Reply:
        """Answer a built-in role, or one of the subscription's own."""
        number = call.address.name.lower()
        if number in ROLES:
            return Reply(200, built_in(call, number))
        call.address = _at_subscription(call.address)
        return super().get(call)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List the roles that can be assigned at the scope, by name or by type where that is asked."""
        wanted = call.query.get("$filter", "")
        name = re.search(r"roleName eq '([^']+)'", wanted, re.IGNORECASE)
        kind = re.search(r"\btype eq '([^']+)'", wanted, re.IGNORECASE)
        found = [built_in(call, role) for role in ROLES] + [self.view(one) for one in _custom(call)]
        return [
            one
            for one in found
            if (not name or one["properties"]["roleName"].lower() == name[1].lower())
            and (not kind or one["properties"]["type"].lower() == kind[1].lower())
        ]

    def put(self, call: Call) -> Reply:
        """Define a role."""
        call.address = _at_subscription(call.address)
        return super().put(call)

    def delete(self, call: Call) -> Reply:
        """Delete, and answer what was there; 204 when there was nothing."""
        call.address = _at_subscription(call.address)
        there = call.state.get(call.address.path)
        if there is not None and any(_means(one, there.name) for one in call.state.everything(ASSIGNMENTS)):
            message = "There are existing role assignments referencing role."
            raise ArmError(400, "RoleDefinitionHasAssignments", f"{message[:-1]} (code: {there.name}).")
        reply = super().delete(call)
        return Reply(200, self.view(there), delay=reply.delay) if there else reply

    def missing(self, address: Address) -> ArmError:
        """Return the 404 for a role that is not there."""
        number = address.name.replace("-", "")
        message = f"The specified role definition with ID '{number}' does not exist."
        return ArmError(404, "RoleDefinitionDoesNotExist", message)

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a name that is no guid, and one that Azure has given to a role of its own."""
        if not is_guid(name) or name.lower() in ROLES:
            message = (
                f"The role definition ID '{name}' is not valid. It must be a GUID that no built-in role has."
            )
            raise ArmError(400, "InvalidRoleDefinitionId", message)

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a second role of the same name."""
        name = body.properties.roleName.lower()
        others = [one for one in _custom(call) if existing is None or one.key != existing.key]
        names = {str(one.body["properties"]["roleName"]).lower() for one in others}
        if name in names | {title.lower() for title in ROLES.values()}:
            message = (
                "A custom role with the same name already exists in this directory. Use a different name."
            )
            raise ArmError(409, "RoleDefinitionWithSameNameExists", message)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add type, dates and what was left open."""
        now, given, old = timestamp(call.world.now()), body["properties"], before.get("properties", {})
        empty: dict[str, list[str]] = {key: [] for key in Permission.model_fields}
        body["properties"] = {
            "roleName": given["roleName"],
            "type": "CustomRole",
            "description": given.get("description", ""),
            "assignableScopes": given.get("assignableScopes")
            or [f"/subscriptions/{call.address.subscription}"],
            "permissions": [empty | one for one in given.get("permissions") or [{}]],
            "createdOn": old.get("createdOn") or now,
            "updatedOn": now,
            "createdBy": old.get("createdBy") or call.caller.get("oid"),
            "updatedBy": call.caller.get("oid"),
        }
        body.pop("systemData")


def known_role(call: Call, number: str) -> bool:
    """Tell whether there is a role of this number, Azure's own or a custom one."""
    return number.lower() in ROLES or any(one.name.lower() == number.lower() for one in _custom(call))


def role_id(subscription: str, role: str) -> str:
    """Return a role definition's ID as answers spell it."""
    root = f"/subscriptions/{subscription}" if subscription else ""
    return f"{root}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def role_of(definition: str) -> str:
    """Return the guid at the end of a role definition's ID."""
    return definition.rstrip("/").rsplit("/", 1)[-1].lower()


def built_in(call: Call, role: str) -> dict[str, Any]:
    """Return one of Azure's own roles."""
    name, *rest = _ROWS[role]
    actions, refused, data = (_words(text) for text in rest)
    permission = {"actions": actions, "notActions": refused, "dataActions": data, "notDataActions": []}
    properties = {
        "roleName": name,
        "type": "BuiltInRole",
        "description": _DESCRIPTIONS.get(name, f"The built-in role {name}."),
        "assignableScopes": ["/"],
        "permissions": [permission],
        "createdOn": _MADE,
        "updatedOn": _CHANGED,
        "createdBy": None,
        "updatedBy": None,
    }
    place = role_id(call.address.subscription, role)
    return {"id": place, "type": RoleDefinition.arm_type, "name": role, "properties": properties}


def is_guid(text: str) -> bool:
    """Tell whether a text is a guid, with its dashes."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return len(text) == 36


def _words(text: str) -> list[str]:
    for mark, meaning in _SHORT.items():
        text = text.replace(mark, meaning)
    return text.split()


def _custom(call: Call) -> list[Resource]:
    return call.state.under(f"/subscriptions/{call.address.subscription}", RoleDefinition.arm_type)


def _at_subscription(address: Address) -> Address:
    return parse(role_id(address.subscription, address.name))


def _means(assignment: Resource, role: str) -> bool:
    return role_of(str(assignment.body["properties"]["roleDefinitionId"])) == role.lower()
