"""Microsoft.Storage: which accounts can be had where, how many a region takes, and who is linked to an account.

https://learn.microsoft.com/rest/api/storagerp/skus
"""

from __future__ import annotations

from typing import Any

from simulator import regions
from simulator.call import Call
from simulator.errors import ArmError
from simulator.providers.storage_services import ACCOUNTS, Part
from simulator.state import Resource

#: Accounts that a subscription may have in one region.
MOST_ACCOUNTS = 250
_KINDS = {
    "Standard_LRS": "Storage StorageV2 BlobStorage",
    "Standard_GRS": "Storage StorageV2 BlobStorage",
    "Standard_RAGRS": "Storage StorageV2 BlobStorage",
    "Standard_ZRS": "StorageV2",
    "Standard_GZRS": "StorageV2",
    "Standard_RAGZRS": "StorageV2",
    "Premium_LRS": "Storage StorageV2 BlockBlobStorage FileStorage",
    "Premium_ZRS": "BlockBlobStorage FileStorage",
}
_CAPABILITIES = (
    "supportsadlsgen2snapshot",
    "supportsazureblobfs",
    "supportschangefeed",
    "supportsnetworkacls",
)


def skus() -> list[dict[str, Any]]:
    """Return every SKU in every region, one entry for each kind of account."""
    return [
        _sku(name, kind, region.name)
        for name, kinds in _KINDS.items()
        for kind in kinds.split()
        for region in regions.REGIONS
    ]


def usages(call: Call, location: str) -> list[dict[str, Any]]:
    """Return how many accounts a subscription has in a region, and how many it may have."""
    scope = f"/subscriptions/{call.address.subscription}"
    there = [one for one in call.state.under(scope, ACCOUNTS) if one.location == regions.normal(location)]
    name = {"value": "StorageAccounts", "localizedValue": "Storage Accounts"}
    return [{"unit": "Count", "currentValue": len(there), "limit": MOST_ACCOUNTS, "name": name}]


class EndpointConnection(Part):
    """A private endpoint that is connected to an account; a PUT approves or rejects it."""

    arm_type = "Microsoft.Storage/storageAccounts/privateEndpointConnections"
    state_key = "provisioningState"

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse to approve what has been rejected: the endpoint has to ask anew."""
        wanted = (body.properties or {}).get("privateLinkServiceConnectionState") or {}
        status = wanted.get("status") if isinstance(wanted, dict) else None
        old = existing.body["properties"]["privateLinkServiceConnectionState"] if existing else {}
        if old.get("status") == "Rejected" and status == "Approved":
            message = "Values for request parameters are invalid: privateLinkServiceConnectionState.status."
            raise ArmError(400, "InvalidValuesForRequestParameters", message)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Tell which endpoint it is, and what has been decided about it."""
        super().build(call, body, resource, before)
        given, old = body["properties"], before.get("properties", {})
        decided = given.get("privateLinkServiceConnectionState") or {}
        body["properties"] = {
            "privateEndpoint": given.get("privateEndpoint") or old.get("privateEndpoint") or _endpoint(call),
            "privateLinkServiceConnectionState": {
                "status": "Pending",
                "description": "",
                "actionRequired": "None",
                **(decided if isinstance(decided, dict) else {}),
            },
        }


def _endpoint(call: Call) -> dict[str, Any]:
    """Return the private endpoint that names the account, if there is one."""
    account = "/".join(call.address.path.split("/")[:9]).lower()
    for one in call.state.everything("Microsoft.Network/privateEndpoints"):
        if account in str(one.body.get("properties")).lower():
            return {"id": one.id}
    return {}


def _sku(name: str, kind: str, region: str) -> dict[str, Any]:
    return {
        "resourceType": "storageAccounts",
        "name": name,
        "tier": name.partition("_")[0],
        "kind": kind,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": [], "zoneDetails": []}],
        "capabilities": [{"name": one, "value": "true"} for one in _CAPABILITIES],
        "restrictions": [],
    }
