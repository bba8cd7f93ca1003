"""Microsoft.Authorization: role assignments at any scope, and the built-in roles.

https://learn.microsoft.com/rest/api/authorization/role-assignments
"""

from __future__ import annotations

import re
import uuid
from typing import Any, Literal

from simulator.address import Address
from simulator.call import Call, Reply, page
from simulator.errors import ArmError, resource_not_found
from simulator.kinds import Kind
from simulator.namespaces import Namespace
from simulator.schema import Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp

#: The built-in roles that people meet around a workspace; guids are the same in every tenant.
#: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "69566ab7-960f-475b-8e7c-b3118f30c6bd": "Storage File Data Privileged Contributor",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
    "8311e382-0749-4cb8-b61a-304f252e45ec": "AcrPush",
    "f6c7c914-8db3-469d-8ca1-694a8f32e121": "AzureML Data Scientist",
    "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815": "AzureML Compute Operator",
    "635dd51f-9968-44d3-b7fb-6d9a6bd613ae": "AzureML Metrics Writer (preview)",
    "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": "Log Analytics Contributor",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
}


class AssignmentProperties(Wire):
    """Who gets which role."""

    roleDefinitionId: str
    principalId: str
    principalType: Literal["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"] | None = None
    description: str | None = None
    condition: str | None = None
    conditionVersion: str | None = None
    delegatedManagedIdentityResourceId: str | None = None


class AssignmentBody(Tracked):
    """What a PUT on a role assignment may say."""

    properties: AssignmentProperties


class RoleAssignment(Kind):
    """A role assignment; its scope is a subscription, a resource group or any resource."""

    arm_type = "Microsoft.Authorization/roleAssignments"
    body = AssignmentBody
    api_versions = ("2015-07-01", "2026-12-31")
    regional = False
    state_key = ""
    seconds = 2
    update_seconds = 2
    create_status = update_status = 201
    deletion_rank = 1

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a name that is no guid."""
        if not _is_guid(name):
            message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
            raise ArmError(400, "InvalidRoleAssignmentId", message)

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse unknown scopes, roles and principals, and a second assignment of the same."""
        _require_scope(call, call.address)
        wanted = body.properties
        if not _is_guid(wanted.principalId):
            message = f"The Principal ID '{wanted.principalId}' is not valid. Principal ID must be a GUID."
            raise ArmError(400, "InvalidPrincipalId", message)
        role = _role_of(wanted.roleDefinitionId)
        if role not in ROLES:
            message = f"The specified role definition with ID '{role}' does not exist."
            raise ArmError(404, "RoleDefinitionDoesNotExist", message)
        if not _known_principal(call, wanted.principalId, wanted.principalType is not None):
            short = wanted.principalId.replace("-", "")
            message = f"Principal {short} does not exist in the directory {call.world.tenant_id}. Check that you have the"
            message += " correct principal ID. If you are creating this principal and then immediately assigning a role,"
            message += (
                " this error might be related to a replication delay. In this case, set the role assignment"
            )
            message += " principalType property to a value, such as ServicePrincipal, User, or Group. "
            message += "See https://aka.ms/docs-principaltype"
            raise ArmError(400, "PrincipalNotFound", message)
        _refuse_double(call, existing, role, wanted.principalId)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add scope, dates and what was left open."""
        now, given = timestamp(call.world.now()), body["properties"]
        role = _role_of(given["roleDefinitionId"])
        body["properties"] = {
            "roleDefinitionId": role_id(call.address.subscription, role),
            "principalId": given["principalId"].lower(),
            "principalType": given.get("principalType", "ServicePrincipal"),
            "scope": resource.id.rsplit("/providers/", 1)[0],
            "condition": given.get("condition"),
            "conditionVersion": given.get("conditionVersion"),
            "createdOn": before.get("properties", {}).get("createdOn") or now,
            "updatedOn": now,
            "createdBy": call.caller.get("oid"),
            "updatedBy": call.caller.get("oid"),
            "delegatedManagedIdentityResourceId": given.get("delegatedManagedIdentityResourceId"),
            "description": given.get("description"),
        }
        body.pop("systemData")

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the 404 of the scope, where there is nothing to assign a role on."""
        _require_scope(call, address)

    def delete(self, call: Call) -> Reply:
        """Delete, and answer what was there; 204 when there was nothing."""
        resource = call.state.get(call.address.path)
        reply = super().delete(call)
        return (
            Reply(200, self.view(resource), delay=reply.delay) if resource and reply.status == 200 else reply
        )

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List what holds at the scope: below it, and inherited from above; filtered as asked."""
        scope, wanted = call.address.scope.lower(), call.query.get("$filter", "")
        found = []
        for resource in call.state.everything(self.arm_type):
            at = resource.key.rsplit("/providers/microsoft.authorization", 1)[0]
            below = (at + "/").startswith(scope + "/") and "atscope()" not in wanted.lower()
            if below or (scope + "/").startswith(at + "/"):
                found.append(self.view(resource))
        principal = re.search(r"(?:principalId eq|assignedTo\()\s*'([^']+)'", wanted)
        return [
            one for one in found if not principal or one["properties"]["principalId"] == principal[1].lower()
        ]


class Authorization(Namespace):
    """The built-in roles."""

    namespace = "Microsoft.Authorization"

    def other(self, call: Call) -> Reply | None:
        """Answer role definitions: the list, by name too, and one of them."""
        parts = [part.lower() for part in call.address.parts]
        if call.method != "GET" or not parts or parts[0] != "roledefinitions":
            return None
        if len(parts) == 2:
            if parts[1] not in ROLES:
                message = (
                    f"The specified role definition with ID '{parts[1].replace('-', '')}' does not exist."
                )
                raise ArmError(404, "RoleDefinitionDoesNotExist", message)
            return Reply(200, _role_view(call, parts[1]))
        name = re.search(r"roleName eq '([^']+)'", call.query.get("$filter", ""))
        wanted = [role for role, title in ROLES.items() if not name or title.lower() == name[1].lower()]
        return page(call, [_role_view(call, role) for role in wanted])


def role_id(subscription: str, role: str) -> str:
    """Return a role definition's ID as answers spell it."""
    root = f"/subscriptions/{subscription}" if subscription else ""
    return f"{root}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def _role_view(call: Call, role: str) -> dict[str, Any]:
    properties = {
        "roleName": ROLES[role],
        "type": "BuiltInRole",
        "description": f"The built-in role {ROLES[role]}.",
        "assignableScopes": ["/"],
        "permissions": [{"actions": ["*"] if ROLES[role] == "Owner" else [], "notActions": []}],
    }
    kind = "Microsoft.Authorization/roleDefinitions"
    return {
        "id": role_id(call.address.subscription, role),
        "type": kind,
        "name": role,
        "properties": properties,
    }


def _require_scope(call: Call, address: Address) -> None:
    """Raise the 404 for a scope that is not there; a subscription was checked before."""
    from_group = f"/subscriptions/{address.subscription}/resourceGroups/{address.group}"
    if not address.group or call.state.get(address.scope) is not None:
        return
    if call.state.get(from_group) is not None:
        names = address.scope.rsplit("/providers/", 1)[-1]
        raise resource_not_found(names, address.group)


def _refuse_double(call: Call, existing: Resource | None, role: str, principal: str) -> None:
    scope = call.address.scope.lower()
    for other in call.state.under(scope + "/providers/Microsoft.Authorization", RoleAssignment.arm_type):
        there = other.body["properties"]
        same = _role_of(there["roleDefinitionId"]) == role and there["principalId"] == principal.lower()
        if existing is not None and other.key == existing.key:
            if not same:
                message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
                raise ArmError(400, "RoleAssignmentUpdateNotPermitted", message)
        elif same:
            number = other.name.replace("-", "")
            message = (
                f"The role assignment already exists. The ID of the conflicting role assignment is {number}."
            )
            raise ArmError(409, "RoleAssignmentExists", message)


def _known_principal(call: Call, principal: str, by_type: bool) -> bool:
    """Tell whether the directory has this principal: who may sign in, and every resource with an identity.

    A directory that is slow does not know a new identity yet, unless the request says what kind of principal it is.
    """
    wanted = principal.lower()
    delay = float(call.state.note("scenario rules", "directory_delay_s") or 0) * call.world.pace
    if wanted in {call.world.client_object_id, call.world.user_object_id}:
        return True
    return any(
        str((resource.body.get("identity") or {}).get("principalId", "")).lower() == wanted
        and (by_type or resource.created + delay <= call.world.now())
        for resource in call.state.everything()
    )


def _role_of(definition: str) -> str:
    return definition.rstrip("/").rsplit("/", 1)[-1].lower()


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return len(text) == 36
