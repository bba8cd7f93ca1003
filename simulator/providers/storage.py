"""Microsoft.Storage: storage accounts.  https://learn.microsoft.com/rest/api/storagerp/storage-accounts"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Literal

from pydantic import Field

from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind, matches
from simulator.namespaces import Namespace
from simulator.operations import Operation, Style
from simulator.providers.storage_shape import addresses, defaults, link, signed, with_directory
from simulator.providers.storage_skus import skus, usages
from simulator.schema import Identity, Tracked, Wire, read
from simulator.state import Resource
from simulator.world import TAKEN_NAMES, timestamp

SkuName = Literal[
    "Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS", "Premium_LRS",
    "Premium_ZRS", "StandardV2_LRS", "StandardV2_GRS", "StandardV2_ZRS", "StandardV2_GZRS", "PremiumV2_LRS",
    "PremiumV2_ZRS",
]  # fmt: skip
Flag = Literal["Enabled", "Disabled"]


class Sku(Wire):
    """The account's redundancy."""

    name: SkuName
    tier: Literal["Standard", "Premium"] | None = None


class NetworkAcls(Wire):
    """Who may reach the account."""

    bypass: str | None = None
    defaultAction: Literal["Allow", "Deny"]
    ipRules: list[dict[str, Any]] | None = None
    ipv6Rules: list[dict[str, Any]] | None = None
    virtualNetworkRules: list[dict[str, Any]] | None = None
    resourceAccessRules: list[dict[str, Any]] | None = None


class AccountProperties(Wire):
    """An account's settings."""

    accessTier: Literal["Hot", "Cool", "Premium", "Cold"] | None = None
    allowBlobPublicAccess: bool | None = None
    allowCrossTenantReplication: bool | None = None
    allowSharedKeyAccess: bool | None = None
    allowedCopyScope: Literal["PrivateLink", "AAD"] | None = None
    azureFilesIdentityBasedAuthentication: dict[str, Any] | None = None
    customDomain: dict[str, Any] | None = None
    defaultToOAuthAuthentication: bool | None = None
    dnsEndpointType: Literal["Standard", "AzureDnsZone"] | None = None
    encryption: dict[str, Any] | None = None
    immutableStorageWithVersioning: dict[str, Any] | None = None
    isHnsEnabled: bool | None = None
    isLocalUserEnabled: bool | None = None
    isNfsV3Enabled: bool | None = None
    isSftpEnabled: bool | None = None
    keyPolicy: dict[str, Any] | None = None
    largeFileSharesState: Flag | None = None
    minimumTlsVersion: Literal["TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"] | None = None
    networkAcls: NetworkAcls | None = None
    publicNetworkAccess: Literal["Enabled", "Disabled", "SecuredByPerimeter"] | None = None
    routingPreference: dict[str, Any] | None = None
    sasPolicy: dict[str, Any] | None = None
    supportsHttpsTrafficOnly: bool | None = None


class AccountBody(Tracked):
    """What a PUT on a storage account may say."""

    sku: Sku
    kind: Literal["Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage"]
    properties: AccountProperties | None = None
    identity: Identity | None = None
    extendedLocation: dict[str, Any] | None = None
    zones: list[str] | None = None


class StorageAccount(Kind):
    """A storage account."""

    arm_type = "Microsoft.Storage/storageAccounts"
    body = AccountBody
    api_versions = ("2015-06-15", "2026-12-31")
    seconds = 23
    delete_seconds = 12
    deletion_rank = 6
    create_status = 202
    create_style = Style(
        result="/subscriptions/{subscription}/providers/Microsoft.Storage/locations/{location}/asyncoperations/{id}",
        result_query="&monitor=true",
        retry_after=17,
    )
    actions = {  # noqa: RUF012
        "listkeys": "list_keys",
        "regeneratekey": "regenerate_key",
        "revokeuserdelegationkeys": "revoke_delegation",
        "aborthnsonmigration": "abort_migration",
        "listaccountsas": "account_sas",
        "GET privatelinkresources": "links",
    }

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name, or one that any other account has."""
        if not matches("[a-z0-9]{3,24}", name):
            raise ArmError(400, "AccountNameInvalid", _invalid_name(name))
        for other in call.state.everything(self.arm_type):
            if other.name == name and f"/{call.address.subscription.lower()}/" in other.key:
                message = f"The account {name} is already in another resource group in this subscription."
                raise ArmError(409, "StorageAccountInAnotherResourceGroup", message)
        if taken(call, name):
            raise ArmError(
                409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken."
            )

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse what cannot be changed, and SKUs that the kind does not have."""
        properties = body.properties or AccountProperties()
        hierarchical = existing.body["properties"].get("isHnsEnabled", False) if existing else None
        if existing and properties.isHnsEnabled not in {None, hierarchical}:
            message = "The property 'isHnsEnabled' was specified in the input, but it cannot be updated."
            raise ArmError(400, "InvalidRequestPropertyValue", message)
        if body.kind in {"FileStorage", "BlockBlobStorage"} and not body.sku.name.startswith("Premium"):
            message = "Values for request parameters are invalid: sku, kind."
            raise ArmError(400, "InvalidValuesForRequestParameters", message)
        return None

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write while the account is being made."""
        message = (
            "An operation is currently performing on this storage account that requires exclusive access. "
        )
        return ArmError(409, "StorageAccountOperationInProgress", message.strip())

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer with no body."""
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults and the account's addresses."""
        old = before.get("properties", {})
        made = old.get("creationTime") or timestamp(call.world.now())
        resource.hidden.setdefault("rounds", {"key1": 0, "key2": 0})
        body.pop("systemData", None)
        body["sku"] = {
            "name": body["sku"]["name"],
            "tier": body["sku"]["name"].partition("_")[0].removesuffix("V2"),
        }
        given = with_directory({**_kept(old), **body["properties"]})
        body["properties"] = defaults(made) | given | addresses(call, resource, body, made)
        if "identity" in body:
            body["identity"] = call.world.identity(body["identity"], resource.id)

    def list_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer the account's two keys."""
        if resource.state != "Succeeded":
            message = (
                "The storage account provisioning state must be 'Succeeded' before executing the operation."
            )
            raise ArmError(409, "StorageAccountIsNotProvisioned", message)
        made = resource.body["properties"]["creationTime"]
        keys = [
            {
                "creationTime": made,
                "keyName": name,
                "value": account_key(resource, name),
                "permissions": "FULL",
            }
            for name in ("key1", "key2")
        ]
        return Reply(200, {"keys": keys})

    def regenerate_key(self, call: Call, resource: Resource) -> Reply:
        """Make one of the keys anew."""
        wanted = read(RegenerateKey, call.body)
        resource.hidden["rounds"][wanted.keyName] += 1
        call.state.put(resource)
        return self.list_keys(call, resource)

    def revoke_delegation(self, call: Call, resource: Resource) -> Reply:
        """Make user delegation keys void: those that are handed out from now on are others."""
        resource.hidden["revoked"] = resource.hidden.get("revoked", 0) + 1
        call.state.put(resource)
        return Reply(200)

    def account_sas(self, call: Call, resource: Resource) -> Reply:
        """Answer a shared access signature for the whole account."""
        asked = read(AccountSas, call.body)
        fields = {
            "sp": asked.signedPermission,
            "ss": asked.signedServices,
            "srt": asked.signedResourceTypes,
            "st": asked.signedStart or "",
            "se": asked.signedExpiry,
            "sip": asked.signedIp or "",
            "spr": asked.signedProtocol or "",
            "sv": "2019-02-02",
        }
        key = account_key(resource, asked.keyToSign or "key1")
        return Reply(200, {"accountSasToken": signed(resource.name, key, fields)})

    def abort_migration(self, call: Call, resource: Resource) -> Reply:
        """Refuse: no account is being given a hierarchical namespace, which the rehearsal does not do."""
        message = f"Hns migration for the account: {resource.name} is not found."
        raise ArmError(400, "HnsMigrationNotFound", message)

    def links(self, call: Call, resource: Resource) -> Reply:
        """Answer what private endpoints could reach."""
        names = ("blob", "table", "queue", "file", "web", "dfs")
        return Reply(200, {"value": [link(resource, name) for name in names]})


class RegenerateKey(Wire):
    """Which key is to be made anew."""

    keyName: Literal["key1", "key2"]


class AccountSas(Wire):
    """What a shared access signature is to allow."""

    signedServices: str
    signedResourceTypes: str
    signedPermission: str
    signedExpiry: str
    signedStart: str | None = None
    signedIp: str | None = None
    signedProtocol: Literal["https", "https,http"] | None = None
    keyToSign: Literal["key1", "key2"] | None = None


class NameCheck(Wire):
    """A question whether a name is free."""

    name: str = Field(min_length=1)
    type: Literal["Microsoft.Storage/storageAccounts"]


class Storage(Namespace):
    """The namespace's own actions."""

    namespace = "Microsoft.Storage"
    actions = {"checknameavailability": "check_name_availability"}  # noqa: RUF012

    def check_name_availability(self, call: Call) -> Reply:
        """Tell whether an account's name is free."""
        name = read(NameCheck, call.body).name
        if not matches("[a-z0-9]{3,24}", name):
            return Reply(
                200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": _invalid_name(name)}
            )
        if taken(call, name):
            message = f"The storage account named {name} is already taken."
            return Reply(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
        return Reply(200, {"nameAvailable": True})

    def other(self, call: Call) -> Reply | None:
        """Answer what accounts can be had, and how many."""
        parts = [part.lower() for part in call.address.parts]
        if call.method != "GET" or not call.address.subscription:
            return None
        if parts == ["skus"]:
            return Reply(200, {"value": skus()})
        if len(parts) == 3 and (parts[0], parts[2]) == ("locations", "usages"):
            return Reply(200, {"value": usages(call, parts[1])})
        return None


def taken(call: Call, name: str) -> bool:
    """Tell whether anybody has an account of this name."""
    ours = any(other.name == name for other in call.state.everything(StorageAccount.arm_type))
    return ours or name == TAKEN_NAMES[StorageAccount.arm_type]


def account_key(resource: Resource, name: str) -> str:
    """Return one of an account's keys: the same until it is made anew."""
    text = f"{resource.seed}/{resource.created}/{name}/{resource.hidden['rounds'][name]}"
    return base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()


def _invalid_name(name: str) -> str:
    return (
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        "length and use numbers and lower-case letters only."
    )


def _kept(old: dict[str, Any]) -> dict[str, Any]:
    """Return settings that a PUT which does not name them leaves as they are."""
    return {key: old[key] for key in ("isHnsEnabled", "isNfsV3Enabled", "accessTier") if key in old}
