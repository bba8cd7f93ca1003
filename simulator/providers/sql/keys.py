"""A server's keys, and which of them protects its databases.

https://learn.microsoft.com/rest/api/sql/server-keys, https://learn.microsoft.com/rest/api/sql/encryption-protectors
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from simulator.address import Address, parse
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.providers.sql.rows import Row
from simulator.providers.sql.settings import Setting
from simulator.providers.sql.shared import begun, place_of, server_id, style
from simulator.state import Resource
from simulator.world import timestamp

_OWN = "ServiceManaged"


class ServerKey(Setting):
    """A key that a server may use; the one that the service keeps is always there."""

    arm_type = "Microsoft.Sql/servers/keys"
    row = Row("keys", "serverKey", "", "UpsertServerKey")

    def require(self, call: Call, address: Address | None = None) -> Resource:
        """Return the key; the service's own is born when somebody looks."""
        address = address or call.address
        if address.name.lower() == _OWN.lower() and call.state.get(address.path) is None:
            self.require_parent(call, address, "read")
            return self.born(call, parse(f"{address.parent.path}/keys/{_OWN}"))
        return super().require(call, address)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List the keys, the service's own first."""
        own = self.seen(call, self.require(call, parse(f"{call.address.path}/{_OWN}")))
        return [own, *(one for one in super().list(call) if one["name"] != _OWN)]

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a key of a vault that says not where it is."""
        given = body.properties or {}
        if given.get("serverKeyType") == "AzureKeyVault" and not isinstance(given.get("uri"), str):
            raise ArmError(400, "InvalidKeyName", "The URI of the key in its vault is missing.")
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add where the server is, and what can be told from the key."""
        super().build(call, body, resource, before)
        properties = {"serverKeyType": _OWN, **body["properties"]}
        body["kind"] = str(properties["serverKeyType"]).lower()
        if "uri" in properties:
            print_ = hashlib.sha1(str(properties["uri"]).encode(), usedforsecurity=False).hexdigest()
            properties |= {"thumbprint": print_.upper(), "creationDate": timestamp(resource.created)}
            properties["autoRotationEnabled"] = False
            body["location"] = place_of(call.world, resource.id)
        body["properties"] = properties


class EncryptionProtector(Setting):
    """The key that protects a server's databases."""

    arm_type = "Microsoft.Sql/servers/encryptionProtector"
    singleton = "current"
    row = Row(
        "encryptionProtector",
        "encryptionProtector",
        "current",
        "UpdateEncryptionProtector",
        {"serverKeyName": _OWN, "serverKeyType": _OWN, "autoRotationEnabled": False},
    )
    actions: ClassVar[dict[str, str]] = {"revalidate": "revalidate"}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add where the key is."""
        super().build(call, body, resource, before)
        properties = body["properties"]
        body["kind"] = str(properties["serverKeyType"]).lower()
        key = call.state.get(f"{server_id(resource.id)}/keys/{properties['serverKeyName']}")
        for name in ("uri", "thumbprint") if key else ():
            if name in key.body["properties"]:  # type: ignore[union-attr]
                properties[name] = key.body["properties"][name]  # type: ignore[union-attr]

    def revalidate(self, call: Call, resource: Resource) -> Reply:
        """Try the key anew."""
        return begun(call, resource, style("encryptionProtector", 1), "MakeAllLogicalDatabasesAccessible")
