"""What a storage account looks like: Azure's defaults, its addresses, and the copy in the paired region."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from simulator import regions
from simulator.call import Call
from simulator.state import Resource


def defaults(made: str) -> dict[str, Any]:
    """Return what Azure fills in where a request says nothing."""
    service = {"keyType": "Account", "enabled": True, "lastEnabledTime": made}
    return {
        "keyCreationTime": {"key1": made, "key2": made},
        "allowCrossTenantReplication": False,
        "allowCrossTenantDelegationSas": False,
        "privateEndpointConnections": [],
        "minimumTlsVersion": "TLS1_2",
        "allowBlobPublicAccess": False,
        "networkAcls": {
            "ipv6Rules": [],
            "bypass": "AzureServices",
            "virtualNetworkRules": [],
            "ipRules": [],
            "defaultAction": "Allow",
        },
        "supportsHttpsTrafficOnly": True,
        "encryption": {"services": {"file": service, "blob": service}, "keySource": "Microsoft.Storage"},
        "accessTier": "Hot",
    }


def addresses(call: Call, resource: Resource, body: dict[str, Any], made: str) -> dict[str, Any]:
    """Return where an account can be reached, and where its copy is."""
    name, suffix = resource.name, call.world.blob_suffix
    services = ["dfs", "web", "blob", "queue", "table", "file"]
    if body["kind"] == "BlockBlobStorage":
        services = ["dfs", "web", "blob"]
    service = {"keyType": "Account", "enabled": True, "lastEnabledTime": made}
    found: dict[str, Any] = {
        "encryption": {"services": {"file": service, "blob": service}, "keySource": "Microsoft.Storage"},
        "creationTime": made,
        "primaryEndpoints": {kind: f"https://{name}.{kind}.{suffix}/" for kind in services},
        "primaryLocation": body["location"],
        "statusOfPrimary": "available",
    }
    return found | _copy(body, name, suffix, services)


def with_directory(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with all that belongs to a directory for files, empty where it was not given."""
    files = given.get("azureFilesIdentityBasedAuthentication") or {}
    if not files.get("activeDirectoryProperties"):
        return given
    keys = ("domainName", "netBiosDomainName", "forestName", "domainGuid", "domainSid", "azureStorageSid")
    whole = {**dict.fromkeys(keys, ""), **files["activeDirectoryProperties"]}
    return {**given, "azureFilesIdentityBasedAuthentication": {**files, "activeDirectoryProperties": whole}}


def link(resource: Resource, name: str) -> dict[str, Any]:
    """Return one of the services that a private endpoint could reach."""
    kind = "Microsoft.Storage/storageAccounts/privateLinkResources"
    zone = [f"privatelink.{name}.core.windows.net"]
    properties = {"groupId": name, "requiredMembers": [name], "requiredZoneNames": zone}
    return {
        "id": f"{resource.id}/privateLinkResources/{name}",
        "name": name,
        "type": kind,
        "properties": properties,
    }


def _copy(body: dict[str, Any], name: str, suffix: str, services: list[str]) -> dict[str, Any]:
    """Return where the copy of a geo-redundant account is, with its addresses where it can be read."""
    sku, region = body["sku"]["name"], regions.BY_NAME.get(body["location"])
    if not any(part in sku for part in ("GRS", "GZRS")):
        return {}
    out: dict[str, Any] = {
        "secondaryLocation": region.paired if region else "",
        "statusOfSecondary": "available",
    }
    if "RA" in sku:
        kinds = [kind for kind in services if kind != "file"]
        out["secondaryEndpoints"] = {kind: f"https://{name}-secondary.{kind}.{suffix}/" for kind in kinds}
    return out


def account_sas(account: str, key: str, now: float, hours: int) -> str:
    """Return a shared access signature for an account's blobs and files, signed as storage signs it.

    https://learn.microsoft.com/rest/api/storageservices/create-account-sas
    """
    moment = "%Y-%m-%dT%H:%M:%SZ"
    start, end = (datetime.fromtimestamp(at, UTC).strftime(moment) for at in (now - 300, now + hours * 3600))
    fields = {
        "sp": "racwdl",
        "ss": "bf",
        "srt": "sco",
        "st": start,
        "se": end,
        "sip": "",
        "spr": "https",
        "sv": "2019-02-02",
    }
    return signed(account, key, fields)


def signed(account: str, key: str, fields: dict[str, str]) -> str:
    """Return a token with its signature; the order of ``fields`` is that of the string that is signed."""
    text = "\n".join([account, *fields.values(), ""])
    signature = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    whole = {**fields, "sig": base64.b64encode(signature).decode()}
    return urlencode({name: value for name, value in whole.items() if value})
