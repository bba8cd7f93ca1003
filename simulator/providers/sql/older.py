"""What 2014-04-01 calls things: another shape for servers, databases, pools and settings, and other words in it.

https://github.com/Azure/azure-rest-api-specs, specification/sql, stable/2014-04-01
"""

from __future__ import annotations

from typing import Any

from simulator import regions
from simulator.call import Call
from simulator.errors import ArmError
from simulator.providers.sql.capabilities import number_of
from simulator.providers.sql.shared import old_place, server_id
from simulator.state import Resource
from simulator.world import timestamp


class BareError(ArmError):
    """An error of that version: there is no ``error`` around it."""

    def body(self) -> dict[str, Any]:
        """Return the body as it goes over the wire."""
        inside: dict[str, Any] = {"target": None, "details": [], "innererror": []}
        return {"code": self.code, "message": self.message, **inside}


def not_there(noun: str, name: str) -> ArmError:
    """Make the 404 that a server answers for what it does not have."""
    message = f"{noun} with name '{name}' does not exist. To continue, specify a valid {noun.lower()} name."
    return BareError(404, "NotFound", message)


def setting(name: str, body: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a rule, policy or setting in that version's words."""
    now = body["properties"]
    out = body | {"location": place, "kind": None}
    if name == "transparentDataEncryption":
        out["properties"] = {"status": now.get("status") or now["state"]}
    elif name == "securityAlertPolicies":
        switch = "Enabled" if now.get("emailAccountAdmins") is True else "Disabled"
        lists = {key: _joined(now[key]) for key in ("disabledAlerts", "emailAddresses")}
        out["properties"] = now | {"useServerDefault": "Disabled", "emailAccountAdmins": switch, **lists}
    elif name == "dataMaskingPolicies":
        out["managedBy"] = out["id"].rsplit("/", 2)[0]
    return out


def _joined(value: Any) -> Any:
    return ";".join(str(one) for one in value) if isinstance(value, list) else value


def server(resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """Return a server."""
    now = body["properties"]
    kept = {
        key: now.get(key) for key in ("fullyQualifiedDomainName", "administratorLogin", "version", "state")
    }
    nothing = dict.fromkeys(
        ("administratorLoginPassword", "externalAdministratorLogin", "externalAdministratorSid")
    )
    place = regions.display_name(resource.location)
    return {**body, "location": place, "properties": {**kept, **nothing}}


def database(call: Call, resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """Return a database."""
    now, sku = body["properties"], body.get("sku", {})
    objective = now.get("requestedServiceObjectiveName", "System2")
    number = number_of(call.world, objective)
    pool = str(now.get("elasticPoolId") or "").rpartition("/")[2]
    properties = {
        "databaseId": now.get("databaseId") or call.world.fixed_id(resource.key),
        "edition": sku.get("tier", "System"),
        "status": now["status"],
        "serviceLevelObjective": objective,
        "collation": now["collation"],
        "maxSizeBytes": str(now.get("maxSizeBytes", 32212254720)),
        "creationDate": now.get("creationDate") or timestamp(resource.created),
        "currentServiceObjectiveId": number,
        "requestedServiceObjectiveId": number,
        "requestedServiceObjectiveName": objective,
        "sampleName": now.get("sampleName"),
        "defaultSecondaryLocation": regions.display_name(now.get("defaultSecondaryLocation", "")),
        "earliestRestoreDate": now.get("earliestRestoreDate"),
        "elasticPoolName": pool or None,
        "containmentState": 2,
        "readScale": now.get("readScale", "Disabled"),
        "failoverGroupId": None,
        "zoneRedundant": now.get("zoneRedundant", False),
        "isUpgradeRequested": False,
    }
    named = {key: body[key] for key in ("id", "name", "type", "kind")}
    if body.get("tags"):
        named["tags"] = body["tags"]
    place, above = old_place(call, resource), server_id(resource.id)
    return {**named, "location": place, "managedBy": above, "properties": properties}


def pool(call: Call, resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """Return an elastic pool."""
    now, sku = body["properties"], body["sku"]
    each = now["perDatabaseSettings"]
    properties = {
        "creationDate": now["creationDate"],
        "edition": sku.get("tier"),
        "state": now["state"],
        "dtu": sku.get("capacity"),
        "databaseDtuMin": int(each.get("minCapacity", 0)),
        "databaseDtuMax": int(each.get("maxCapacity", 0)),
        "storageMB": now["maxSizeBytes"] // 1048576,
        "zoneRedundant": now["zoneRedundant"],
    }
    named = {key: body[key] for key in ("id", "name", "type")}
    if body.get("tags"):
        named["tags"] = body["tags"]
    return {**named, "kind": None, "location": old_place(call, resource), "properties": properties}


def database_asked(body: Any, above: str) -> Any:
    """Return a request for a database in the words of later versions; ``above`` is its server's ID."""
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        return body
    given = dict(body["properties"])
    edition, objective = given.pop("edition", None), given.pop("requestedServiceObjectiveName", None)
    pool_name, size = given.pop("elasticPoolName", None), given.pop("maxSizeBytes", None)
    given.pop("requestedServiceObjectiveId", None)
    out = {**body, "properties": given}
    if isinstance(pool_name, str) and pool_name:
        given["elasticPoolId"] = f"{above}/elasticPools/{pool_name}"
    elif isinstance(objective or edition, str) and (objective or edition):
        out["sku"] = {"name": objective or edition}
    if size is not None:
        given["maxSizeBytes"] = (
            int(size) if isinstance(size, str) and size.isascii() and size.isdigit() else size
        )
    return out


def pool_asked(body: Any) -> Any:
    """Return a request for an elastic pool in the words of later versions."""
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        return body
    given = dict(body["properties"])
    edition, dtu, storage = (given.pop(key, None) for key in ("edition", "dtu", "storageMB"))
    least, most = given.pop("databaseDtuMin", None), given.pop("databaseDtuMax", None)
    out = {**body, "properties": given}
    if isinstance(edition, str):
        out["sku"] = {"name": f"{edition}Pool", "tier": edition}
        if isinstance(dtu, int) and dtu:
            out["sku"]["capacity"] = dtu
    each = {"minCapacity": least, "maxCapacity": most}
    each = {
        key: float(value)
        for key, value in each.items()
        if isinstance(value, int) and (value or key[1] == "i")
    }
    if each:
        given["perDatabaseSettings"] = each
    if isinstance(storage, int) and storage:
        given["maxSizeBytes"] = storage * 1048576
    return out
