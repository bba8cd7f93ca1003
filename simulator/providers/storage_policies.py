"""Microsoft.Storage: policies and other settings below an account.

https://learn.microsoft.com/rest/api/storagerp/management-policies
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError, invalid_content, resource_not_found
from simulator.gatehouse import require_group
from simulator.providers.storage_services import Part
from simulator.state import Resource
from simulator.world import timestamp

CONTAINERS = "microsoft.storage/storageaccounts/blobservices/containers"


class Policy(Part):
    """A policy of an account; ARM says its account's name when that is not there."""

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise ARM's 404 for the account."""
        account = "/".join(address.path.split("/")[:9])
        if call.state.get(account) is None:
            require_group(call, address)
            raise resource_not_found(f"Microsoft.Storage/storageAccounts/{address.names[0]}", address.group)


class ManagementPolicy(Policy):
    """The lifecycle rules; answers call it DefaultManagementPolicy."""

    arm_type = "Microsoft.Storage/storageAccounts/managementPolicies"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the time."""
        super().build(call, body, resource, before)
        body["name"] = "DefaultManagementPolicy"
        body["properties"]["lastModifiedTime"] = timestamp(call.world.now())

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a policy without rules."""
        if not (body.properties or {}).get("policy", {}).get("rules"):
            message = "The value for one of the properties in the request body is invalid: policy.rules."
            raise ArmError(400, "InvalidRequestPropertyValue", message)
        return None

    def missing(self, address: Address) -> ArmError:
        """Return the provider's own 404."""
        message = f"No ManagementPolicy found for account {address.names[0]}"
        return ArmError(404, "ManagementPolicyNotFound", message)


class InventoryPolicy(Policy):
    """The blob inventory's rules."""

    arm_type = "Microsoft.Storage/storageAccounts/inventoryPolicies"
    keeps_system_data = True

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the time."""
        super().build(call, body, resource, before)
        body["name"] = "DefaultInventoryPolicy"
        body["properties"]["lastModifiedTime"] = timestamp(call.world.now())

    def missing(self, address: Address) -> ArmError:
        """Return the provider's own 404."""
        message = "Blob inventory policy does not exist for the storage account."
        return ArmError(404, "BlobInventoryPolicyNotFound", message)


class EncryptionScope(Policy):
    """An encryption scope."""

    arm_type = "Microsoft.Storage/storageAccounts/encryptionScopes"
    create_status = 201
    defaults: ClassVar[dict[str, Any]] = {
        "source": "Microsoft.Storage",
        "keyVaultProperties": {},
        "state": "Enabled",
    }

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the times."""
        super().build(call, body, resource, before)
        now = timestamp(call.world.now())
        made = before.get("properties", {}).get("creationTime") or now
        body["properties"] |= {"creationTime": made, "lastModifiedTime": now}


class LocalUser(Policy):
    """A user of SFTP."""

    arm_type = "Microsoft.Storage/storageAccounts/localUsers"
    keeps_system_data = True
    defaults: ClassVar[dict[str, Any]] = {"hasSharedKey": False, "hasSshKey": False, "hasSshPassword": False}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the identifier."""
        super().build(call, body, resource, before)
        sid = before.get("properties", {}).get("sid") or f"S-1-2-0-{uuid.uuid4().int % 10**9}-1000"
        body["properties"]["sid"] = sid


class ReplicationPolicy(Policy):
    """Object replication between two accounts."""

    arm_type = "Microsoft.Storage/storageAccounts/objectReplicationPolicies"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Give the policy and its rules their numbers; ``default`` asks for a new one."""
        super().build(call, body, resource, before)
        if resource.name == "default":
            resource.name = str(uuid.uuid4())
            resource.id = resource.id.rsplit("/", 1)[0] + "/" + resource.name
            body |= {"id": resource.id, "name": resource.name}
        body["properties"]["policyId"] = resource.name
        for rule in body["properties"].get("rules", []):
            rule.setdefault("ruleId", str(uuid.uuid4()))


class ImmutabilityPolicy(Part):
    """How long a container's blobs must be kept; once locked it can only be extended."""

    arm_type = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    actions: ClassVar[dict[str, str]] = {"lock": "lock", "extend": "extend"}
    defaults: ClassVar[dict[str, Any]] = {"immutabilityPeriodSinceCreationInDays": 0, "state": "Unlocked"}

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the blob service's 404 for the container."""
        super().require_parent(call, address, action)
        if call.state.get(address.parent.path) is None:
            raise ArmError(404, "ContainerOperationFailure", "The specified container does not exist.")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a change of what is locked."""
        if existing is not None and existing.body["properties"]["state"] == "Locked":
            raise _locked()
        return None

    def stamps(self, resource: Resource) -> dict[str, str]:
        """Return the ETag."""
        return {"etag": resource.body["etag"]}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add a new ETag, and tell the container."""
        super().build(call, body, resource, before)
        body["etag"] = f'"{uuid.uuid4().hex[:15]}"'
        self._tell(call, resource, body)

    def delete(self, call: Call) -> Reply:
        """Delete, and answer what is left of it."""
        resource = self.require(call)
        if resource.body["properties"]["state"] == "Locked":
            raise _locked()
        super().delete(call)
        container = call.state.get(call.address.parent.path)
        if container is not None:
            container.hidden.pop("policy", None)
            call.state.put(container)
        body = {**self.view(resource), "properties": {**self.defaults, "state": "Deleted"}}
        return Reply(200, body, self.stamps(resource))

    def lock(self, call: Call, resource: Resource) -> Reply:
        """Lock for good."""
        return self._change(call, resource, {"state": "Locked"})

    def extend(self, call: Call, resource: Resource) -> Reply:
        """Make the period longer."""
        given = call.body.get("properties", {}) if isinstance(call.body, dict) else {}
        if not isinstance(given, dict):
            raise invalid_content("The properties of a policy are an object. Path 'properties'")
        return self._change(call, resource, {**given, "state": resource.body["properties"]["state"]})

    def _change(self, call: Call, resource: Resource, change: dict[str, Any]) -> Reply:
        resource.body["properties"] |= change
        resource.body["etag"] = f'"{uuid.uuid4().hex[:15]}"'
        call.state.put(resource)
        self._tell(call, resource, resource.body)
        return Reply(200, self.view(resource), self.stamps(resource))

    def _tell(self, call: Call, resource: Resource, body: dict[str, Any]) -> None:
        container = call.state.get(resource.id.split("/immutabilityPolicies/")[0])
        if container is None:
            return
        days = body["properties"]["immutabilityPeriodSinceCreationInDays"]
        entry = {
            "update": "put",
            "immutabilityPeriodSinceCreationInDays": days,
            "timestamp": timestamp(call.world.now()),
            "objectIdentifier": call.caller.get("oid"),
            "tenantId": call.world.tenant_id,
        }
        appends = ("allowProtectedAppendWrites", "allowProtectedAppendWritesAll")
        entry |= {key: body["properties"][key] for key in appends if key in body["properties"]}
        kept = {"etag": body["etag"], "properties": body["properties"], "updateHistory": [entry]}
        container.hidden["policy"] = kept
        call.state.put(container)


def _locked() -> ArmError:
    message = "Operation not allowed on immutability policy with current state."
    return ArmError(409, "ContainerImmutabilityPolicyFailure", message)
