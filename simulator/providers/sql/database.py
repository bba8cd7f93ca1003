"""SQL databases.  https://learn.microsoft.com/rest/api/sql/databases"""

from __future__ import annotations

import re
import uuid
from typing import Any, Literal

from simulator import regions
from simulator.call import Call
from simulator.errors import ArmError
from simulator.kinds import matches
from simulator.operations import Operation
from simulator.providers.sql.shared import SqlKind, both, busy
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
    seconds = 45
    delete_seconds = 20
    deletion_rank = 3
    create_style = update_style = delete_style = both("database")
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
        objective = f"{sku['name']}_{sku['capacity']}" if sku.get("family") else sku["name"]
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
            "isLedgerOn": False,
            "isInfraEncryptionEnabled": False,
            "availabilityZone": "NoPreference",
            **body["properties"],
        }
        body.pop("systemData")


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
    basic = {
        "Basic": ("Basic", "Basic", 5),
        "S0": ("Standard", "Standard", 10),
        "S1": ("Standard", "Standard", 20),
    }
    name, tier, capacity = basic.get(
        sku["name"], (sku["name"], sku.get("tier", sku["name"]), sku.get("capacity", 10))
    )
    return {"name": name, "tier": tier, "capacity": sku.get("capacity", capacity)}
