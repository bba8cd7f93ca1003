"""SQL databases.  https://learn.microsoft.com/rest/api/sql/databases"""

from __future__ import annotations

import re
import uuid
from typing import Any, Literal

from simulator import operations, regions
from simulator.address import parse
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import matches
from simulator.operations import Operation
from simulator.providers.sql.shared import SqlKind, busy, old_place, style
from simulator.schema import Identity, Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp


class DatabaseSku(Wire):
    """A database's size."""

    name: str
    tier: str | None = None
    family: str | None = None
    capacity: int | None = None
    size: str | None = None


class DatabaseProperties(Wire):
    """A database's settings."""

    autoPauseDelay: int | None = None
    catalogCollation: str | None = None
    collation: str | None = None
    createMode: str | None = None
    elasticPoolId: str | None = None
    freeLimitExhaustionBehavior: Literal["AutoPause", "BillOverUsage"] | None = None
    highAvailabilityReplicaCount: int | None = None
    isLedgerOn: bool | None = None
    licenseType: Literal["LicenseIncluded", "BasePrice"] | None = None
    maintenanceConfigurationId: str | None = None
    maxSizeBytes: int | None = None
    minCapacity: float | None = None
    readScale: Literal["Enabled", "Disabled"] | None = None
    requestedBackupStorageRedundancy: Literal["Geo", "Local", "Zone", "GeoZone"] | None = None
    sampleName: Literal["AdventureWorksLT", "WideWorldImportersStd", "WideWorldImportersFull"] | None = None
    secondaryType: str | None = None
    sourceDatabaseId: str | None = None
    useFreeLimit: bool | None = None
    zoneRedundant: bool | None = None


class DatabaseBody(Tracked):
    """What a PUT on a database may say."""

    sku: DatabaseSku | None = None
    properties: DatabaseProperties | None = None
    identity: Identity | None = None


class Database(SqlKind):
    """A database on a server."""

    arm_type = "Microsoft.Sql/servers/databases"
    body = DatabaseBody
    api_versions = ("2014-04-01", "2026-12-31")
    state_key = "status"
    found_by_arm = True
    seconds = 45
    delete_seconds = 20
    deletion_rank = 3
    create_style = update_style = style("database", 1)
    delete_style = style("database", 15)
    actions = {"move": "move", "failover": "failover", "GET usages": "usages"}  # noqa: RUF012
    verbs = {  # noqa: RUF012
        "create": "CreateLogicalDatabase",
        "update": "UpdateLogicalDatabase",
        "delete": "DropLogicalDatabase",
    }

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        if not matches(r"[^<>*%&:\\/?]{1,128}", name) or name.endswith((".", " ")):
            raise ArmError(400, "InvalidDatabaseName", f"'{name}' is not a valid database name.")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a region other than the server's, and a server that is not ready."""
        server = call.state.get(call.address.parent.path)
        if server is not None and body.location and regions.normal(body.location) != server.location:
            message = f"The database location '{body.location}' does not match the server location '{server.location}'."
            raise ArmError(400, "LocationMismatch", message)
        if server is not None and server.state not in {"Succeeded", "Updating"}:
            raise busy("Server", f"server '{server.name}'")
        return None

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write while the database is being made or changed."""
        server = call.address.names[0]
        return busy("Database", f"server '{server}' and database '{resource.name}'")

    def state_word(self, state: str) -> str:
        """Say Online, as databases do."""
        return "Online" if state == "Succeeded" else state

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults."""
        old = before.get("properties", {})
        sku = full_sku(body.get("sku") or before.get("sku") or {"name": "GP_Gen5_2"})
        body["sku"] = sku
        body["kind"] = "v12.0,user" + (",vcore" if sku.get("family") else "")
        region = regions.BY_NAME.get(body["location"])
        objective = _objective(sku)
        redundancy = body["properties"].get("requestedBackupStorageRedundancy", "Geo")
        body["properties"] = {
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "catalogCollation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": 34359738368 if sku.get("family") else 2147483648,
            "databaseId": old.get("databaseId") or str(uuid.uuid4()),
            "creationDate": old.get("creationDate") or timestamp(call.world.now()),
            "currentServiceObjectiveName": objective,
            "requestedServiceObjectiveName": objective,
            "zoneRedundant": False,
            "readScale": "Disabled",
            "currentSku": sku,
            "currentBackupStorageRedundancy": redundancy,
            "requestedBackupStorageRedundancy": redundancy,
            "defaultSecondaryLocation": region.paired if region else "",
            "maintenanceConfigurationId": f"/subscriptions/{call.address.subscription}/providers/Microsoft.Maintenance"
            "/publicMaintenanceConfigurations/SQL_Default",
            "isLedgerOn": False,
            "isInfraEncryptionEnabled": False,
            "availabilityZone": "NoPreference",
            "earliestRestoreDate": old.get("earliestRestoreDate") or timestamp(call.world.now()),
            "readReplicaCount": 0,
            **(_VCORE if sku.get("family") else {}),
            **body["properties"],
        }
        body.pop("systemData")
        body["managedBy"] = None

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Say it in the words of 2014-04-01 to whoever asks with that version."""
        body = self.view(resource)
        return _old(call, resource, body) if call.api_version == "2014-04-01" else body

    def move(self, call: Call, resource: Resource) -> Reply:
        """Rename, which ARM calls moving within the server."""
        target = str((call.body or {}).get("id", "")) if isinstance(call.body, dict) else ""
        address, server = parse(target), call.address.without_action.parent.path.lower()
        if address.type != self.arm_type.lower() or address.parent.path.lower() != server:
            raise ArmError(400, "InvalidMoveTargetResourceId", f"The resource ID '{target}' is not valid.")
        if call.state.get(target) is not None:
            raise ArmError(
                409, "DatabaseNameAlreadyExists", f"The database name '{address.name}' already exists."
            )
        call.state.remove(resource.id)
        resource.id, resource.name = f"{resource.id.rsplit('/', 1)[0]}/{address.name}", address.name
        resource.body |= {"id": resource.id, "name": resource.name}
        call.state.put(resource)
        return Reply(200)

    def failover(self, call: Call, resource: Resource) -> Reply:
        """Begin a failover to another replica, after which nothing is different."""
        way = style("database", 1)
        operation = operations.begin(call.world, resource, "failover", 5, way)
        headers = operations.headers(call.world, operation, way, call.api_version)
        started = timestamp(operation.started)
        return Reply(202, {"operation": "FailoverDatabaseOrElasticPoolAsync", "startTime": started}, headers)

    def usages(self, call: Call, resource: Resource) -> Reply:
        """Answer how full the database is: as good as empty."""
        return Reply(200, {"value": [_usage(call, resource, *row) for row in _USAGES]})


_VCORE = {"licenseType": "LicenseIncluded", "maxLogSizeBytes": 193273528320}
_USAGES = (
    ("database_size", "Database Size", 4194304.0),
    ("database_allocated_size", "Database Allocated Size", 16777216.0),
)


def _usage(call: Call, resource: Resource, name: str, title: str, size: float) -> dict[str, Any]:
    numbers = {"displayName": title, "currentValue": size}
    numbers |= {"limit": float(resource.body["properties"].get("maxSizeBytes", 2147483648)), "unit": "Bytes"}
    if call.api_version == "2014-04-01":
        return {"name": name, "resourceName": resource.name, **numbers, "nextResetTime": None}
    kind = "Microsoft.Sql/servers/databases/usages"
    return {"properties": numbers, "id": f"{resource.id}/usages/{name}", "name": name, "type": kind}


def _old(call: Call, resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """Return a database as 2014-04-01 shows it."""
    now, sku = body["properties"], body.get("sku", {})
    objective = now.get("requestedServiceObjectiveName", "System2")
    number = call.world.fixed_id(f"objective/{objective}")
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
        "elasticPoolName": None,
        "containmentState": 2,
        "readScale": now.get("readScale", "Disabled"),
        "failoverGroupId": None,
        "zoneRedundant": now.get("zoneRedundant", False),
        "isUpgradeRequested": False,
    }
    named = {key: body[key] for key in ("id", "name", "type", "kind")}
    server = resource.id.rsplit("/databases/", 1)[0]
    return {**named, "location": old_place(call, resource), "managedBy": server, "properties": properties}


#: Sizes that are told by a tier and a number of DTUs.
#: https://learn.microsoft.com/azure/azure-sql/database/resource-limits-dtu-single-databases
_STANDARD = {
    10: "S0",
    20: "S1",
    50: "S2",
    100: "S3",
    200: "S4",
    400: "S6",
    800: "S7",
    1600: "S9",
    3000: "S12",
}
_PREMIUM = {125: "P1", 250: "P2", 500: "P4", 1000: "P6", 1750: "P11", 4000: "P15"}
_DTUS: dict[str, dict[int, str]] = {"Basic": {5: "Basic"}, "Standard": _STANDARD, "Premium": _PREMIUM}


def _objective(sku: dict[str, Any]) -> str:
    """Return the service objective that a SKU stands for: ``S0``, or ``GP_Gen5_2``."""
    if sku.get("family"):
        return f"{sku['name']}_{sku['capacity']}"
    return _DTUS.get(str(sku["name"]), {}).get(int(sku.get("capacity") or 0), str(sku["name"]))


def full_sku(sku: dict[str, Any]) -> dict[str, Any]:
    """Return a SKU with the parts that follow from its name."""
    found = re.fullmatch(r"(GP_S|GP|BC|HS)_(Gen\d)(?:_(\d+))?", sku["name"])
    if found:
        tiers = {
            "GP": "GeneralPurpose",
            "GP_S": "GeneralPurpose",
            "BC": "BusinessCritical",
            "HS": "Hyperscale",
        }
        capacity = int(found[3]) if found[3] else sku.get("capacity", 2)
        name = f"{found[1]}_{found[2]}"
        return {"name": name, "tier": tiers[found[1]], "family": found[2], "capacity": capacity}
    by_name: dict[str, tuple[str, int]] = {kind: (kind, next(iter(found))) for kind, found in _DTUS.items()}
    by_name |= {one: (kind, dtus) for kind, found in _DTUS.items() for dtus, one in found.items()}
    tier, capacity = by_name.get(sku["name"], (sku.get("tier", sku["name"]), 10))
    name = tier if sku["name"] in by_name else sku["name"]
    return {"name": name, "tier": tier, "capacity": sku.get("capacity", capacity)}
