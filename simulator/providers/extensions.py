"""What is said about other resources and stands below them, at any scope: policies, links.

They are kept as they are given.  The rehearsal does not carry them out: policies that deny come from a scenario.
https://learn.microsoft.com/azure/azure-resource-manager/management/extension-resource-types
"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, resource_not_found
from simulator.gatehouse import require_group
from simulator.state import Resource
from simulator.templates.hashing import hash64
from simulator.world import timestamp


class Extension(Child):
    """Something about a scope; its ID spells the scope as the request did."""

    create_status = 201
    deletion_rank = 0
    answers_deletion: ClassVar[bool] = False  # a DELETE answers what was there
    inherited: ClassVar[bool] = True  # lists show what holds from above, too

    def canonical_id(self, call: Call) -> str:
        """Spell the scope as the request did."""
        return f"{call.address.scope}/providers/{self.casing or self.arm_type}/{call.address.name}"

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the 404 of the scope, where there is nothing to say something about."""
        require_group(call, address)
        if address.group and call.state.get(address.scope) is None:
            raise resource_not_found(address.scope.rsplit("/providers/", 1)[-1], address.group)

    def require(self, call: Call, address: Address | None = None) -> Resource:
        """Return the resource, or raise the 404 of its scope or its own."""
        if call.state.get((address or call.address).path) is None:
            self.require_parent(call, address or call.address, "read")
        return super().require(call, address)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List what is said below the scope, and above it where that is inherited; with atScope() nothing below."""
        scope, asked = call.address.scope.lower(), call.query.get("$filter", "").lower()
        found = []
        for one in call.state.everything(self.arm_type):
            at = one.key.rsplit("/providers/", 1)[0]
            below = at.startswith(scope + "/") and self.inherited and "atscope()" not in asked
            if at == scope or below or (self.inherited and scope.startswith(at + "/")):
                found.append(self.seen(call, one))
        return found

    def delete(self, call: Call) -> Reply:
        """Delete, and answer what was there where the type does so."""
        there = call.state.get(call.address.path)
        reply = super().delete(call)
        return Reply(200, self.view(there)) if there and self.answers_deletion else reply


class PolicyPart(Extension):
    """A part of Azure Policy."""

    answers_deletion = True

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Tell who made it and when."""
        super().build(call, body, resource, before)
        now, who = timestamp(call.world.now()), call.caller.get("oid")
        given, old = body["properties"].get("metadata"), before.get("properties", {}).get("metadata", {})
        made = {"createdBy": old.get("createdBy") or who, "createdOn": old.get("createdOn") or now}
        changed = {"updatedBy": who if old else None, "updatedOn": now if old else None}
        body["properties"]["metadata"] = {**(given if isinstance(given, dict) else {}), **made, **changed}


class PolicyDefinition(PolicyPart):
    """A rule about resources."""

    arm_type = "Microsoft.Authorization/policyDefinitions"
    update_status = 201
    defaults: ClassVar[dict[str, Any]] = {"policyType": "Custom", "mode": "Indexed"}

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a definition without a rule."""
        if not isinstance((body.properties or {}).get("policyRule"), dict):
            message = "The policy definition is invalid: the property 'policyRule' is required."
            raise ArmError(400, "InvalidPolicyDefinition", message)
        return None


class PolicySet(PolicyPart):
    """Several definitions under one name: an initiative."""

    arm_type = "Microsoft.Authorization/policySetDefinitions"
    update_status = 201
    defaults: ClassVar[dict[str, Any]] = {"policyType": "Custom"}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Give each definition a number to be told by."""
        super().build(call, body, resource, before)
        parts = body["properties"].get("policyDefinitions")
        for one in parts if isinstance(parts, list) else []:
            if isinstance(one, dict):
                number = str(hash64(str(one.get("policyDefinitionId")).lower().encode()))
                one.setdefault("policyDefinitionReferenceId", number)


class PolicyAssignment(PolicyPart):
    """A definition that is to hold at a scope."""

    arm_type = "Microsoft.Authorization/policyAssignments"
    update_status = 201
    defaults: ClassVar[dict[str, Any]] = {"enforcementMode": "Default"}

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse an assignment of nothing, or of a definition of one's own that is not there."""
        wanted = str((body.properties or {}).get("policyDefinitionId") or "")
        if not wanted:
            message = "The policy assignment is invalid: the property 'policyDefinitionId' is required."
            raise ArmError(400, "InvalidPolicyAssignment", message)
        if wanted.lower().startswith("/subscriptions/") and call.state.get(wanted) is None:
            name = wanted.rsplit("/", 1)[-1]
            message = f"The policy definition '{name}' could not be found."
            raise ArmError(404, "PolicyDefinitionNotFound", message)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the scope and the SKU."""
        super().build(call, body, resource, before)
        body["sku"] = {"name": "A0", "tier": "Free"}
        body["properties"]["scope"] = resource.id.rsplit("/providers/", 1)[0]


class Link(Extension):
    """A link from one resource to another."""

    arm_type = "Microsoft.Resources/links"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add where the link begins."""
        super().build(call, body, resource, before)
        target = str(body["properties"].get("targetId", "")).rstrip("/")
        body["properties"] |= {"sourceId": f"{call.address.scope}/", "targetId": f"{target}/"}
