"""Microsoft.Storage: the four services of an account, and what lies in them, as the management plane sees it.

https://learn.microsoft.com/rest/api/storagerp/blob-containers
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from simulator.address import Address, parse
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, invalid_content, parent_not_found
from simulator.kinds import REGISTRY, matches
from simulator.state import Resource
from simulator.world import World, timestamp

ACCOUNTS = "Microsoft.Storage/storageAccounts"
#: Recorded: between these versions ARM looks for the account first, before and after for the group.
PARENT_FIRST = ("2022-01-01", "2025-01-01")


class Part(Child):
    """A part of a storage account."""

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise ARM's 404 where the account is not there; services are there whenever it is."""
        account = "/".join(address.path.split("/")[:9])
        if call.state.get(account) is None:
            raise parent_not_found(action, "/".join(address.type_path.split("/")[:2]), account)

    def canonical_id(self, call: Call) -> str:
        """Return the ID below the account, whether or not anybody has written the service between them."""
        account = call.state.get("/".join(call.address.path.split("/")[:9]))
        if account is None:
            return super().canonical_id(call)
        types = self.arm_type.split("/")[2:]
        pairs = zip(types, call.address.names[1:], strict=True)
        return account.id + "".join(f"/{kind}/{name}" for kind, name in pairs)

    def delete(self, call: Call) -> Reply:
        """Delete; where the account is gone, the api-version tells which 404 comes first."""
        if PARENT_FIRST[0] <= call.api_version[:10] < PARENT_FIRST[1]:
            self.require_parent(call, call.address, "delete")
        return super().delete(call)


class Service(Part):
    """A service of an account: always there, and a PUT answers what it was sent."""

    singleton = "default"

    def shown(self, call: Call, action: str, resource: Resource) -> Any:
        """Echo the request, which is what the service does."""
        if "properties" not in resource.request:
            return {"name": resource.name}
        named = {key: resource.body[key] for key in ("id", "name", "type")}
        return {**named, "properties": resource.request["properties"]}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the account's SKU, where the service shows it."""
        super().build(call, body, resource, before)
        account = call.state.get("/".join(call.address.path.split("/")[:9]))
        if account is not None and self.arm_type.rsplit("/", 1)[1] in {"blobServices", "fileServices"}:
            body["sku"] = account.body["sku"]


class BlobService(Service):
    """The blob service."""

    arm_type = "Microsoft.Storage/storageAccounts/blobServices"
    defaults: ClassVar[dict[str, Any]] = {
        "cors": {"corsRules": []},
        "deleteRetentionPolicy": {"allowPermanentDelete": False, "enabled": False},
        "staticWebsite": {"enabled": False},
    }


class FileService(Service):
    """The file service."""

    arm_type = "Microsoft.Storage/storageAccounts/fileServices"
    defaults: ClassVar[dict[str, Any]] = {
        "protocolSettings": {"smb": {}},
        "cors": {"corsRules": []},
        "shareDeleteRetentionPolicy": {"enabled": True, "days": 7},
    }

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Tell older versions of the channels too, which only some accounts have today."""
        body = super().seen(call, resource)
        if call.api_version < "2021":
            settings = body["properties"].get("protocolSettings")
            smb = settings.get("smb") if isinstance(settings, dict) else None
            if isinstance(smb, dict):
                smb.setdefault("multichannel", {"enabled": False})
        return body


class QueueService(Service):
    """The queue service."""

    arm_type = "Microsoft.Storage/storageAccounts/queueServices"
    _off: ClassVar[dict[str, Any]] = {"version": "1.0", "delete": False, "read": False, "write": False}
    defaults: ClassVar[dict[str, Any]] = {
        "logging": {**_off, "retentionPolicy": {"enabled": False}},
        "cors": {"corsRules": []},
    }


class TableService(Service):
    """The table service."""

    arm_type = "Microsoft.Storage/storageAccounts/tableServices"
    defaults: ClassVar[dict[str, Any]] = {"cors": {"corsRules": []}}


class Content(Part):
    """A container, share, queue or table."""

    failure: ClassVar[tuple[str, str]] = ("", "")
    name_rule: ClassVar[str] = "(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
    etagged: ClassVar[bool] = False
    changes: ClassVar[dict[str, Any]] = {}  # what a write's answer says of the state
    empty: ClassVar[bool] = False  # it says so even where nothing was given

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a name that the service's addresses cannot hold."""
        if not matches(self.name_rule, name):
            message = f"The specified resource name '{name}' contains invalid characters."
            raise ArmError(400, "InvalidResourceName", message)

    def missing(self, address: Address) -> ArmError:
        """Return the service's own 404."""
        return ArmError(404, *self.failure)

    def shown(self, call: Call, action: str, resource: Resource) -> Any:
        """Answer a write with what was given only."""
        named = {key: resource.body[key] for key in ("id", "name", "type")}
        given = resource.request.get("properties")
        return {**named, "properties": {**self.changes, **(given or {})}} if given or self.empty else named

    def stamps(self, resource: Resource) -> dict[str, str]:
        """Return the ETag."""
        return {"etag": resource.body["etag"]} if self.etagged else {}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add a new ETag and the time."""
        super().build(call, body, resource, before)
        if self.etagged:
            body["etag"] = f'"0x{uuid.uuid4().hex[:15].upper()}"'
            body["properties"]["lastModifiedTime"] = timestamp(call.world.now())


class Container(Content):
    """A blob container."""

    arm_type = "Microsoft.Storage/storageAccounts/blobServices/containers"
    name_rule = r"\$root|\$web|\$logs|(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
    failure = ("ContainerOperationFailure", "The specified container does not exist.")
    create_status = 201
    etagged = True
    changes: ClassVar[dict[str, Any]] = {
        "deleted": False,
        "remainingRetentionDays": 0,
        "hasImmutabilityPolicy": False,
        "hasLegalHold": False,
    }
    defaults: ClassVar[dict[str, Any]] = {
        "deleted": False,
        "remainingRetentionDays": 0,
        "defaultEncryptionScope": "$account-encryption-key",
        "denyEncryptionScopeOverride": False,
        "publicAccess": "None",
        "leaseStatus": "Unlocked",
        "leaseState": "Available",
        "legalHold": {"hasLegalHold": False, "tags": []},
        "hasImmutabilityPolicy": False,
        "hasLegalHold": False,
    }
    actions: ClassVar[dict[str, str]] = {
        "setlegalhold": "set_hold",
        "clearlegalhold": "clear_hold",
        "lease": "lease",
    }

    def view(self, resource: Resource) -> dict[str, Any]:
        """Add the immutability policy that stands below the container."""
        body = super().view(resource)
        if policy := resource.hidden.get("policy"):
            body["properties"] |= {"immutabilityPolicy": policy, "hasImmutabilityPolicy": True}
        return body

    def set_hold(self, call: Call, resource: Resource) -> Reply:
        """Add tags to the legal hold."""
        return self._hold(call, resource, add=True)

    def clear_hold(self, call: Call, resource: Resource) -> Reply:
        """Take tags off the legal hold."""
        return self._hold(call, resource, add=False)

    def lease(self, call: Call, resource: Resource) -> Reply:
        """Acquire, renew, change, release or break a lease."""
        asked = call.body if isinstance(call.body, dict) else {}
        held = asked.get("action") not in {"Release", "Break"}
        states = {"leaseStatus": "Locked", "leaseState": "Leased"}
        free = {
            "leaseStatus": "Unlocked",
            "leaseState": "Broken" if asked.get("action") == "Break" else "Available",
        }
        resource.body["properties"] |= states if held else free
        call.state.put(resource)
        body = (
            {"leaseId": asked.get("proposedLeaseId") or str(uuid.uuid4())}
            if held
            else {"leaseTimeSeconds": "0"}
        )
        return Reply(200, body, self.stamps(resource))

    def _hold(self, call: Call, resource: Resource, add: bool) -> Reply:
        given = call.body.get("tags", []) if isinstance(call.body, dict) else []
        if not isinstance(given, list) or not all(isinstance(tag, str) for tag in given):
            raise invalid_content("The tags of a legal hold are a list of texts. Path 'tags'")
        before = {one["tag"] for one in resource.body["properties"]["legalHold"]["tags"]}
        tags = sorted(before | set(given)) if add else sorted(before - set(given))
        whole = {"hasLegalHold": bool(tags), "tags": [{"tag": tag} for tag in tags]}
        resource.body["properties"] |= {"legalHold": whole, "hasLegalHold": bool(tags)}
        call.state.put(resource)
        return Reply(200, {"hasLegalHold": bool(tags), "tags": tags})


def make_container(world: World, account: Resource, name: str, properties: dict[str, Any]) -> Resource:
    """Make a container below an account, or change it, as a PUT would; nothing is written in the journal."""
    address = parse(f"{account.id}/blobServices/default/containers/{name}")
    call = Call(world, "PUT", address, {"api-version": "2023-01-01"}, {"properties": properties}, {})
    kind = REGISTRY[Container.arm_type.lower()]
    kind.put(call)
    return kind.require(call)


class Share(Content):
    """A file share."""

    arm_type = "Microsoft.Storage/storageAccounts/fileServices/shares"
    failure = ("ShareNotFound", "The specified share does not exist.")
    empty = True
    create_status = 201
    etagged = True
    actions: ClassVar[dict[str, str]] = {"lease": "lease"}
    defaults: ClassVar[dict[str, Any]] = {
        "leaseStatus": "unlocked",
        "leaseState": "available",
        "signedIdentifiers": [],
        "accessTier": "TransactionOptimized",
        "shareQuota": 5120,
        "enabledProtocols": "SMB",
    }

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the time of the last change of tier."""
        super().build(call, body, resource, before)
        body["properties"]["accessTierChangeTime"] = timestamp(call.world.now())

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Tell how full it is where that is asked: nothing lies in the rehearsal's shares."""
        body = super().seen(call, resource)
        if "stats" in call.query.get("$expand", "").lower():
            body["properties"]["shareUsageBytes"] = 0
        return body

    def lease(self, call: Call, resource: Resource) -> Reply:
        """Acquire or end a lease."""
        asked = call.body if isinstance(call.body, dict) else {}
        if asked.get("action") in {"Release", "Break"}:
            return Reply(200, {"leaseTimeSeconds": "0"}, self.stamps(resource))
        return Reply(
            200, {"leaseId": asked.get("proposedLeaseId") or str(uuid.uuid4())}, self.stamps(resource)
        )


class Queue(Content):
    """A queue."""

    arm_type = "Microsoft.Storage/storageAccounts/queueServices/queues"
    failure = ("QueueNotFound", "The specified queue does not exist.")
    delete_status = 204
    defaults: ClassVar[dict[str, Any]] = {"metadata": {}, "approximateMessageCount": 0}

    def shown(self, call: Call, action: str, resource: Resource) -> Any:
        """Leave out the count."""
        body = self.view(resource)
        del body["properties"]["approximateMessageCount"]
        return body


class Table(Content):
    """A table."""

    arm_type = "Microsoft.Storage/storageAccounts/tableServices/tables"
    name_rule = "[A-Za-z][A-Za-z0-9]{2,62}"
    failure = ("TableNotFound", "The table specified does not exist.")
    delete_status = 204
    defaults: ClassVar[dict[str, Any]] = {"signedIdentifiers": []}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the name."""
        super().build(call, body, resource, before)
        body["properties"]["tableName"] = resource.name

    def shown(self, call: Call, action: str, resource: Resource) -> Any:
        """Leave out the access policies."""
        body = self.view(resource)
        if "signedIdentifiers" not in resource.request.get("properties", {}):
            del body["properties"]["signedIdentifiers"]
        return body
