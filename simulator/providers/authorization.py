"""Microsoft.Authorization: role assignments at any scope, permissions, and what providers can do.

https://learn.microsoft.com/rest/api/authorization/role-assignments
"""

from __future__ import annotations

import re
from typing import Any, Literal

from simulator import catalogue
from simulator.address import Address
from simulator.call import Call, Reply, page
from simulator.errors import ArmError, resource_not_found
from simulator.gatehouse import require_group
from simulator.kinds import Kind
from simulator.namespaces import Namespace
from simulator.providers.roles import is_guid, known_role, role_id, role_of
from simulator.schema import Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp


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
        if not is_guid(name):
            message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
            raise ArmError(400, "InvalidRoleAssignmentId", message)

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse unknown scopes, roles and principals, and a second assignment of the same."""
        _require_scope(call, call.address)
        wanted = body.properties
        if not is_guid(wanted.principalId):
            message = f"The Principal ID '{wanted.principalId}' is not valid. Principal ID must be a GUID."
            raise ArmError(400, "InvalidPrincipalId", message)
        role = role_of(wanted.roleDefinitionId)
        if not known_role(call, role):
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
        role = role_of(given["roleDefinitionId"])
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

    def canonical_id(self, call: Call) -> str:
        """Spell the scope as the request did: recorded, clients that write ``resourcegroups`` get it back."""
        return f"{call.address.scope}/providers/{self.arm_type}/{call.address.name}"

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
    """What the caller may do, and what can be done with each provider's types."""

    namespace = "Microsoft.Authorization"

    def other(self, call: Call) -> Reply | None:
        """Answer permissions at any scope, and the operations of providers."""
        parts = [part.lower() for part in call.address.parts]
        if call.method != "GET" or not parts:
            return None
        if parts == ["permissions"] and call.address.scope:
            require_group(call, call.address)
            _require_scope(call, call.address)
            owner = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
            return Reply(200, {"value": [owner]})
        if parts[0] != "provideroperations" or len(parts) > 2:
            return None
        known = catalogue.namespaces()
        if len(parts) == 1:
            return page(call, [_provider(call, name) for name in known.values()])
        if parts[1] not in known:
            message = f"The resource namespace '{call.address.parts[1]}' is invalid."
            raise ArmError(404, "InvalidResourceNamespace", message)
        return Reply(200, _provider(call, known[parts[1]]))


def _provider(call: Call, name: str) -> dict[str, Any]:
    """Return the operations of a provider, by type where ``$expand`` asks for types."""
    types: dict[str, list[dict[str, Any]]] = {}
    for one in catalogue.provider_operations(name):
        display = one["display"]
        told = {
            "name": one["name"],
            "displayName": display["operation"],
            "description": display["description"],
            "origin": one["origin"],
            "properties": None,
            "isDataAction": one["isDataAction"],
        }
        types.setdefault(display["resource"], []).append(told)
    own = types.pop("Subscription", [])
    expanded = "resourcetypes" in call.query.get("$expand", "").lower()
    below = [{"name": key, "displayName": key, "operations": told} for key, told in types.items()]
    kind = "Microsoft.Authorization/providerOperations"
    return {
        "displayName": name.replace(".", " "),
        "operations": own,
        "resourceTypes": below if expanded else None,
        "id": f"/providers/{kind}/{name}",
        "type": kind,
        "name": name,
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
        same = role_of(there["roleDefinitionId"]) == role and there["principalId"] == principal.lower()
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

    Nobody looks where the request says what kind of principal it is: so a new identity gets its role at once, also
    from a directory that is slow.  https://aka.ms/docs-principaltype
    """
    if by_type:
        return True
    wanted = principal.lower()
    delay = float(call.state.note("scenario rules", "directory_delay_s") or 0) * call.world.pace
    if wanted in {call.world.client_object_id, call.world.user_object_id}:
        return True
    return any(
        str((resource.body.get("identity") or {}).get("principalId", "")).lower() == wanted
        and resource.created + delay <= call.world.now()
        for resource in call.state.everything()
    )
