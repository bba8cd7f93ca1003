"""Microsoft.KeyVault: vaults, their secrets by the management plane, and vaults that are only soft-deleted.

https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults
"""

from __future__ import annotations

import uuid
from typing import Any, Literal

from pydantic import Field

from simulator import operations
from simulator.address import Address
from simulator.call import Call, Reply, page
from simulator.errors import ArmError
from simulator.kinds import Kind, matches
from simulator.namespaces import Namespace
from simulator.operations import Operation, Style
from simulator.schema import Tracked, Wire, read
from simulator.state import Resource
from simulator.world import TAKEN_NAMES, World, timestamp

NAME_RULE = r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]"
LINK = "https://go.microsoft.com/fwlink/?linkid=2149745"
DELETED = "deleted vaults"
#: Recorded as taken: what every tutorial calls its vault.
TUTORIAL_NAME = "sample-vault"


class Sku(Wire):
    """The vault's tier."""

    family: Literal["A"]
    name: Literal["standard", "premium"]


class AccessPolicy(Wire):
    """What one identity may do with the vault's contents."""

    tenantId: str
    objectId: str
    applicationId: str | None = None
    permissions: dict[str, list[str]]


class VaultProperties(Wire):
    """A vault's settings."""

    tenantId: str
    sku: Sku
    accessPolicies: list[AccessPolicy] | None = None
    createMode: Literal["default", "recover"] | None = None
    enabledForDeployment: bool | None = None
    enabledForDiskEncryption: bool | None = None
    enabledForTemplateDeployment: bool | None = None
    enablePurgeProtection: bool | None = None
    enableRbacAuthorization: bool | None = None
    enableSoftDelete: bool | None = None
    networkAcls: dict[str, Any] | None = None
    publicNetworkAccess: str | None = None
    softDeleteRetentionInDays: int | None = Field(default=None, ge=7, le=90)
    vaultUri: str | None = None


class VaultBody(Tracked):
    """What a PUT on a vault may say."""

    properties: VaultProperties


class Vault(Kind):
    """A key vault.  Its PUT answers 200 at once; only ``provisioningState`` tells that DNS is still being set up."""

    arm_type = "Microsoft.KeyVault/vaults"
    body = VaultBody
    creating = "RegisteringDns"
    seconds = 20
    delete_seconds = 10
    deletion_rank = 6
    full_pages_go_on = True
    actions = {"GET privatelinkresources": "links"}  # noqa: RUF012
    create_style = Style()

    def links(self, call: Call, resource: Resource) -> Reply:
        """Answer what private endpoints could reach."""
        zone = {"groupId": "vault", "requiredMembers": ["default"]}
        zone["requiredZoneNames"] = ["privatelink.vaultcore.azure.net"]
        kind, place = (
            "Microsoft.KeyVault/vaults/privateLinkResources",
            f"{resource.id}/privateLinkResources/vault",
        )
        return Reply(200, {"value": [{"id": place, "name": "vault", "type": kind, "properties": zone}]})

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name, and one that is taken; a deleted vault of that name must be recovered or purged."""
        if not matches(NAME_RULE, name):
            raise ArmError(400, "VaultNameNotValid", _invalid_name(name))
        deleted, properties = call.state.note(DELETED, name), (call.body or {}).get("properties") or {}
        if deleted is None and taken(call, name):
            message = f"The vault name '{name}' is already in use. Vault names are globaly unique so it is possible that"
            raise ArmError(409, "VaultAlreadyExists", f"{message} the name is already taken.")
        if deleted is not None and properties.get("createMode") != "recover":
            message = "A vault with the same name already exists in deleted state. You need to either recover or purge"
            raise ArmError(
                409, "ConflictError", f"{message} existing key vault. Follow this link {LINK} for more."
            )

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse what contradicts itself."""
        properties = body.properties
        if (
            existing is None
            and properties.createMode == "recover"
            and call.state.note(DELETED, call.address.name) is None
        ):
            raise deleted_not_found(call.address.name)
        if properties.enablePurgeProtection is False:
            message = 'The property "enablePurgeProtection" cannot be set to false.'
            raise ArmError(400, "BadRequest", message)
        recovering = properties.createMode == "recover"
        if not recovering and not properties.enableRbacAuthorization and properties.accessPolicies is None:
            raise ArmError(400, "BadRequest", "The parameter accessPolicies is not specified.")
        if properties.tenantId.lower() != call.world.tenant_id and len(properties.tenantId) != 36:
            message = "An invalid value was provided for 'tenantId'."
            raise ArmError(400, "BadRequest", message)
        return None

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Let writes through while DNS is being set up; only a deletion is in the way."""
        return None if operation.action != "delete" else super().busy(call, resource, operation)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults and the vault's address; a recovered vault comes back as it was."""
        asked, deleted = body["properties"], call.state.note(DELETED, resource.name)
        if asked.pop("createMode", "default") == "recover" and deleted:
            asked = {**deleted["body"]["properties"], **asked}
        call.state.set_note(DELETED, resource.name, None)
        defaults = {
            "accessPolicies": [],
            "enabledForDeployment": False,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 90,
            "enableRbacAuthorization": False,
            "publicNetworkAccess": "Enabled",
        }
        uri = f"https://{resource.name}.vault.azure.net/"
        body["properties"] = defaults | asked | {"vaultUri": uri, "enableSoftDelete": True}

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Answer a purge that is over."""
        moments = {"createdDateTime": operation.started, "lastActionDateTime": operation.ends}
        told = {key: timestamp(at)[:19].replace("T", " ") + "Z" for key, at in moments.items()}
        return Reply(200, {**told, "status": "Succeeded"})

    def deleted(self, world: World, resource: Resource) -> None:
        """Keep the vault for as long as it can be recovered."""
        now, days = world.now(), resource.body["properties"].get("softDeleteRetentionInDays", 90)
        kept = {"id": resource.id, "body": resource.body, "deleted": now, "until": now + days * 86400}
        world.state.set_note(DELETED, resource.name, {**kept, "request": resource.request})


class SecretProperties(Wire):
    """A secret's value and attributes."""

    value: str | None = None
    contentType: str | None = None
    attributes: dict[str, Any] | None = None


class SecretBody(Tracked):
    """What a PUT on a secret may say."""

    properties: SecretProperties


class Secret(Kind):
    """A secret, by the management plane: it can be written, and its value is never given back."""

    arm_type = "Microsoft.KeyVault/vaults/secrets"
    body = SecretBody
    regional = False
    state_key = ""
    seconds = 1
    update_seconds = 1
    deletion_rank = 1

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a name that the vault's address cannot hold."""
        if not matches("[a-zA-Z0-9-]{1,127}", name):
            raise ArmError(400, "BadRequest", f"The secret name '{name}' is invalid.")

    def remembered(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget the value in what is kept of the request."""
        properties = {key: value for key, value in request.get("properties", {}).items() if key != "value"}
        return {**request, "properties": properties}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Hide the value and tell where the secret lives."""
        value = body["properties"].pop("value", None)
        if value is not None:
            resource.hidden["value"] = value
        vault = call.state.get(call.address.parent.path)
        root = vault.body["properties"]["vaultUri"] if vault else ""
        uri, now = f"{root}secrets/{resource.name}", int(call.world.now())
        body["properties"] |= {
            "attributes": {"enabled": True, "created": now, "updated": now}
            | body["properties"].get("attributes", {}),
            "secretUri": uri,
            "secretUriWithVersion": f"{uri}/{uuid.uuid4().hex}",
        }
        body["location"] = vault.location if vault else ""
        body.pop("systemData")


class NameCheck(Wire):
    """A question whether a name is free."""

    name: str = Field(min_length=1)
    type: Literal["Microsoft.KeyVault/vaults"]


class KeyVault(Namespace):
    """The namespace's own actions, and the vaults that are only soft-deleted."""

    namespace = "Microsoft.KeyVault"
    actions = {"checknameavailability": "check_name_availability"}  # noqa: RUF012

    def check_name_availability(self, call: Call) -> Reply:
        """Tell whether a vault's name is free."""
        name = read(NameCheck, call.body).name
        if not matches(NAME_RULE, name):
            return Reply(
                200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": _invalid_name(name)}
            )
        if taken(call, name):
            message = f"The name '{name}' is already in use."
            return Reply(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
        return Reply(200, {"nameAvailable": True})

    def other(self, call: Call) -> Reply | None:
        """Answer deletedVaults: the list, one of them, its purge."""
        parts = [part.lower() for part in call.address.parts]
        if parts == ["deletedvaults"] and call.method == "GET":
            return page(call, [_deleted_view(call, kept) for kept in call.state.notes(DELETED).values()])
        if len(parts) < 4 or parts[0] != "locations" or parts[2] != "deletedvaults":
            return None
        kept = call.state.note(DELETED, parts[3])
        if kept is None or kept["body"]["location"] != parts[1]:
            raise deleted_not_found(call.address.parts[3])
        if len(parts) == 4 and call.method == "GET":
            return Reply(200, _deleted_view(call, kept))
        return _purge(call, kept) if parts[4:] == ["purge"] and call.method == "POST" else None


def taken(call: Call, name: str) -> bool:
    """Tell whether anybody has a vault of this name, or had one that can still be recovered."""
    ours = any(other.name.lower() == name.lower() for other in call.state.everything(Vault.arm_type))
    theirs = name.lower() in {TAKEN_NAMES[Vault.arm_type], TUTORIAL_NAME}
    return ours or theirs or call.state.note(DELETED, name) is not None


def deleted_not_found(name: str) -> ArmError:
    """Make the 404 for a deleted vault that is not there."""
    return ArmError(
        404,
        "DeletedVaultNotFound",
        f"The specified deleted vault '{name}' does not exist. Ensure that the vault was indeed deleted and that it is "
        "in recoverable state. If soft delete was not enabled then the vault is permanently deleted. Follow this link "
        f"for more information: {LINK}",
    )


def _purge(call: Call, kept: dict[str, Any]) -> Reply:
    if kept["body"]["properties"].get("enablePurgeProtection"):
        raise ArmError(
            409, "VaultPurgeProtectionEnabled", "The vault has purge protection enabled and cannot be purged."
        )
    name, location = kept["body"]["name"], kept["body"]["location"]
    call.state.set_note(DELETED, name, None)
    ghost = Resource(kept["id"], Vault.arm_type.lower(), name, "Deleting", {"location": location})
    scope = "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/operationResults/{id}"
    style = Style(result=scope, retry_after=5)  # recorded
    operation = operations.begin(call.world, ghost, "purge", Vault.delete_seconds, style)
    return Reply(202, None, operations.headers(call.world, operation, style, call.api_version))


def _deleted_view(call: Call, kept: dict[str, Any]) -> dict[str, Any]:
    name, location = kept["body"]["name"], kept["body"]["location"]
    subscription = Address(kept["id"]).path.split("/")[2]
    return {
        "id": f"/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}",
        "name": name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": kept["id"],
            "location": location,
            "tags": kept["body"].get("tags", {}),
            "deletionDate": timestamp(kept["deleted"]),
            "scheduledPurgeDate": timestamp(kept["until"]),
        },
    }


def _invalid_name(name: str) -> str:
    return (
        f"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name "
        "must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link "
        "for more information: https://go.microsoft.com/fwlink/?linkid=2147742"
    )
