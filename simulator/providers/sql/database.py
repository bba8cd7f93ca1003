"""SQL databases.  https://learn.microsoft.com/rest/api/sql/databases"""

from __future__ import annotations

import uuid
from typing import Any

from simulator import regions
from simulator.address import parse
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import matches
from simulator.operations import Operation, Style
from simulator.providers.sql import older
from simulator.providers.sql.database_body import DatabaseBody, DatabaseProperties
from simulator.providers.sql.shared import OLDEST, SqlKind, begun, busy, server_id, style
from simulator.providers.sql.sizes import first_size, full_sku, objective
from simulator.state import Resource
from simulator.world import World, timestamp

POOLS = "Microsoft.Sql/servers/elasticPools"
#: Databases that are gone and could be restored, by server.
DROPPED = "dropped databases"


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
    actions = {  # noqa: RUF012
        "move": "move",
        "failover": "failover",
        "pause": "pause",
        "resume": "resume",
        "export": "export",
        "import": "export",
        "GET usages": "usages",
        "GET metrics": "nothing",
        "GET metricdefinitions": "nothing",
        "GET currentsensitivitylabels": "nothing",
        "GET recommendedsensitivitylabels": "nothing",
        "GET operations": "operations",
    }
    verbs = {  # noqa: RUF012
        "create": "CreateLogicalDatabase",
        "update": "UpdateLogicalDatabase",
        "delete": "DropLogicalDatabase",
    }

    def put(self, call: Call) -> Reply:
        """Create or replace; the oldest version asks in its own words."""
        if call.api_version == OLDEST:
            call.body = older.database_asked(call.body, server_id(call.address.path))
        return super().put(call)

    def patch(self, call: Call) -> Reply:
        """Change some of it; a size of its own takes a database out of its pool."""
        if call.api_version == OLDEST:
            call.body = older.database_asked(call.body, server_id(call.address.path))
        self._leave_or_join(call, self.require(call))
        return super().patch(call)

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
        given = body.properties or DatabaseProperties()
        if given.elasticPoolId and _there(call, given.elasticPoolId, POOLS) is None:
            message = (
                f"The elastic pool '{given.elasticPoolId.rpartition('/')[2]}' does not exist on the server."
            )
            raise ArmError(404, "TargetElasticPoolDoesNotExist", message)
        copies = given.createMode in {"Copy", "Secondary", "OnlineSecondary", "PointInTimeRestore"}
        source = given.sourceDatabaseId if copies and not given.sourceDatabaseDeletionDate else None
        if source and _there(call, source, self.arm_type) is None:
            raise ArmError(404, "SourceDatabaseNotFound", "The source database does not exist.")
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
        sku = _sku(call, body, before)
        body["sku"] = sku
        body["kind"] = _kind(sku, body["properties"])
        region = regions.BY_NAME.get(body["location"])
        size = objective(sku)
        given = {key: value for key, value in body["properties"].items() if key not in _ASKED_ONLY}
        redundancy = given.get("requestedBackupStorageRedundancy", "Geo")
        body["properties"] = {
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "catalogCollation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": first_size(sku),
            "databaseId": old.get("databaseId") or str(uuid.uuid4()),
            "creationDate": old.get("creationDate") or timestamp(call.world.now()),
            "currentServiceObjectiveName": size,
            "requestedServiceObjectiveName": size,
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
            **(_SERVERLESS if sku["name"].startswith("GP_S") else {}),
            **given,
        }
        body.pop("systemData")
        body["managedBy"] = None

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Say it in the words of 2014-04-01 to whoever asks with that version."""
        body = self.view(resource)
        if call.api_version == OLDEST:
            return older.database(call, resource, body)
        if call.api_version > "2022-02" and body["sku"].get("family"):
            body["properties"].setdefault("preferredEnclaveType", "Default")
        if "2019-06" < call.api_version < "2021-02":  # the name of these versions for where backups are kept
            kept = body["properties"].get("currentBackupStorageRedundancy", "Geo")
            body["properties"]["storageAccountType"] = _REDUNDANCY.get(kept, "GRS")
        return body

    def get(self, call: Call) -> Reply:
        """Answer one database; in 2014-04-01 it is the server that says that there is none."""
        above = call.address.parent.path
        if call.api_version == OLDEST and call.state.get(above) and not call.state.get(call.address.path):
            raise older.not_there("Database", call.address.name)
        return super().get(call)

    def deleted(self, world: World, resource: Resource) -> None:
        """Keep what a restore needs."""
        gone = {**resource.body, "deletionDate": timestamp(world.now())}
        world.state.set_note(DROPPED, resource.key, gone)

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
        return begun(call, resource, style("database", 1), "FailoverDatabaseOrElasticPoolAsync")

    def pause(self, call: Call, resource: Resource) -> Reply:
        """Pause a data warehouse."""
        return self._switch(call, resource, "PauseDatabase", "Pausing")

    def resume(self, call: Call, resource: Resource) -> Reply:
        """Resume a data warehouse."""
        return self._switch(call, resource, "ResumeDatabase", "Resuming")

    def export(self, call: Call, resource: Resource) -> Reply:
        """Begin an export to a file, or an import of one; the rehearsal has no rows to write or read."""
        noun = call.address.parts[-1].capitalize()
        old = Style("", "{resource}/importExportOperationResults/{id}", 30)
        way = old if call.api_version == OLDEST else style("importExport", 1)
        return begun(call, resource, way, f"{noun}Database", 20)

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Show how an export or an import went."""
        database = call.state.get(operation.resource)
        if database is None or operation.action not in {"ExportDatabase", "ImportDatabase"}:
            return super().gone(call, operation)
        now = timestamp(operation.ends)
        properties = {
            "requestId": operation.id,
            "requestType": operation.action.removesuffix("Database"),
            "queuedTime": timestamp(operation.started),
            "lastModifiedTime": now,
            "serverName": server_id(database.id).rpartition("/")[2],
            "databaseName": database.name,
            "status": "Completed",
            "errorMessage": None,
        }
        kind = f"{self.arm_type}/importExportOperationResults"
        where = f"{database.id}/importExportOperationResults/{operation.id}"
        return Reply(200, {"id": where, "name": operation.id, "type": kind, "properties": properties})

    def nothing(self, call: Call, resource: Resource) -> Reply:
        """List what nobody has measured or labelled."""
        return Reply(200, {"value": []})

    def operations(self, call: Call, resource: Resource) -> Reply:
        """List what goes on with the database, or went."""
        sql = "SELECT * FROM operations WHERE resource = ? ORDER BY started"
        rows = call.state.run(sql, resource.key)
        return Reply(200, {"value": [_operation(call, resource, dict(row)) for row in rows]})

    def usages(self, call: Call, resource: Resource) -> Reply:
        """Answer how full the database is: as good as empty."""
        return Reply(200, {"value": [_usage(call, resource, *row) for row in _USAGES]})

    def finish(self, world: World, operation: Operation) -> None:
        """Bring about what an operation has been working at."""
        super().finish(world, operation)
        database = world.state.get(operation.resource)
        if database is not None and operation.action == "PauseDatabase":
            database.state = "Paused"
            world.state.put(database)

    def _leave_or_join(self, call: Call, database: Resource) -> None:
        """Forget the pool where a PATCH asks for a size, and the size where it asks for a pool."""
        asked = call.body if isinstance(call.body, dict) else {}
        given, before = asked.get("properties"), database.request.get("properties", {})
        left = asked.get("sku") is not None and before.pop("elasticPoolId", None)
        joined = isinstance(given, dict) and given.get("elasticPoolId") and database.request.pop("sku", None)
        if left or joined:
            call.state.put(database)

    def _switch(self, call: Call, resource: Resource, verb: str, state: str) -> Reply:
        if resource.body["sku"]["tier"] != "DataWarehouse":
            message = (
                f"The database '{resource.name}' is no data warehouse: it can neither be paused nor resumed."
            )
            raise ArmError(400, "InvalidDatabaseState", message)
        self._check_idle(call, resource)
        resource.state = state
        call.state.put(resource)
        return begun(call, resource, style("database", 1), verb)


#: What a request says and an answer doesn't.
_ASKED_ONLY = {
    "sourceResourceId",
    "restorePointInTime",
    "sourceDatabaseDeletionDate",
    "storageAccountType",
    "manualCutover",
    "performCutover",
}
_REDUNDANCY = {"Geo": "GRS", "Local": "LRS", "Zone": "ZRS", "GeoZone": "GZRS"}
_SERVERLESS = {"autoPauseDelay": 60, "minCapacity": 0.5}
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


def _sku(call: Call, body: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the whole SKU: what is asked for, the pool's, the source's, what it was, or Azure's default."""
    given = body["properties"]
    if (pool := _there(call, given.get("elasticPoolId"), POOLS)) is not None:
        return {"name": "ElasticPool", "tier": pool.body["sku"]["tier"], "capacity": 0}
    source = _there(call, given.get("sourceDatabaseId"), Database.arm_type)
    like = [one["sku"] for one in (before, source.body if source else {}) if one.get("sku")]
    return full_sku(
        body.get("sku") or next((one for one in like if one["name"] != "ElasticPool"), None) or _DEFAULT
    )


_DEFAULT = {"name": "GP_Gen5_2"}


def _there(call: Call, resource_id: str | None, arm_type: str) -> Resource | None:
    """Return the resource of an ID, if it is there and of that type."""
    found = call.state.get(resource_id) if resource_id else None
    return found if found is not None and found.type == arm_type.lower() else None


def _kind(sku: dict[str, Any], given: dict[str, Any]) -> str:
    words = ["v12.0", "user"]
    words += ["vcore"] if sku.get("family") or sku["tier"] in {"GeneralPurpose", "BusinessCritical"} else []
    words += ["serverless"] if sku["name"].startswith("GP_S_") else []
    words += ["hyperscale"] if sku["tier"] == "Hyperscale" else []
    words += ["datawarehouse"] if sku["tier"] == "DataWarehouse" else []
    words += ["pool"] if given.get("elasticPoolId") else []
    return ",".join(words)


def _operation(call: Call, resource: Resource, row: dict[str, Any]) -> dict[str, Any]:
    kind = "Microsoft.Sql/servers/databases/operations"
    done = row["state"] == "Succeeded"
    properties = {
        "databaseName": resource.name,
        "serverName": resource.id.split("/")[8],
        "operation": Database.verbs.get(row["action"], row["action"]),
        "operationFriendlyName": Database.verbs.get(row["action"], row["action"]),
        "percentComplete": 100 if done else 0,
        "startTime": timestamp(row["started"]),
        "state": row["state"],
        "isCancellable": False,
    }
    return {
        "properties": properties,
        "id": f"{resource.id}/operations/{row['id']}",
        "name": row["id"],
        "type": kind,
    }
