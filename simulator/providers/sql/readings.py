"""What SQL tells and nobody can write: usages, objectives, advice, replicas, what could be restored.

https://learn.microsoft.com/rest/api/sql
"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator import regions
from simulator.address import Address, parse
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, method_not_allowed
from simulator.operations import Operation
from simulator.providers.sql.database import DROPPED, Database
from simulator.providers.sql.objectives import EDITIONS, NUMBERS
from simulator.providers.sql.shared import OLDEST, begun, not_found, place_of, server_id, style
from simulator.providers.sql.sizes import DTUS
from simulator.state import Resource
from simulator.world import timestamp

Rows = list[dict[str, Any]]


class Reading(Child):
    """A type whose resources are made from what is there, whenever somebody looks."""

    api_versions = (OLDEST, "2026-12-31")

    def told(self, call: Call, parent: Resource) -> Rows:
        """Return the bodies, without ``id`` and ``type``."""
        return []

    def list(self, call: Call) -> Rows:
        """List what there is to tell."""
        return [one.body for one in self._all(call, call.address.path)]

    def require(self, call: Call, address: Address | None = None) -> Resource:
        """Return one of them."""
        address = address or call.address
        self.require_parent(call, address, "read")
        every = self._all(call, address.path.rpartition("/")[0])
        found = next((one for one in every if one.name.lower() == address.name.lower()), None)
        if found is None:
            raise not_found(self.arm_type, address)
        return found

    def put(self, call: Call) -> Reply:
        """Refuse."""
        raise method_not_allowed(call.method, "GET")

    def patch(self, call: Call) -> Reply:
        """Refuse."""
        raise method_not_allowed(call.method, "GET")

    def delete(self, call: Call) -> Reply:
        """Refuse."""
        raise method_not_allowed(call.method, "GET")

    def _all(self, call: Call, path: str) -> tuple[Resource, ...]:
        parent = call.state.get(path.rpartition("/")[0])
        if parent is None:
            return ()
        segment = self.arm_type.rpartition("/")[2]
        out = []
        for told in self.told(call, parent):
            body = {**told, "id": f"{parent.id}/{segment}/{told['name']}", "type": self.arm_type}
            out.append(Resource(body["id"], self.arm_type.lower(), told["name"], "Succeeded", body))
        return tuple(out)


class ServerUsage(Reading):
    """How much of a server's allowance is used."""

    arm_type = "Microsoft.Sql/servers/usages"

    def list(self, call: Call) -> Rows:
        """List them; they have no ID in the oldest version."""
        found = super().list(call)
        if call.api_version != OLDEST:
            return found
        name = call.address.names[0]
        return [
            {"name": one["name"], "resourceName": name, **one["properties"], "nextResetTime": None}
            for one in found
        ]

    def told(self, call: Call, parent: Resource) -> Rows:
        """Count the DTUs of the server's databases."""
        databases = call.state.under(parent.id, Database.arm_type)
        used = float(sum(one.body["sku"].get("capacity", 0) for one in databases if _has_dtus(one)))
        numbers = {"displayName": "Database Throughput Unit Quota", "currentValue": used, "limit": 54000.0}
        names = ("server_dtu_quota", "server_dtu_quota_current")
        return [{"name": name, "properties": {**numbers, "unit": "DTUs"}} for name in names]


def _has_dtus(database: Resource) -> bool:
    return database.body["sku"].get("tier") in DTUS


class ServiceObjective(Reading):
    """A size that databases may have, by its number."""

    arm_type = "Microsoft.Sql/servers/serviceObjectives"

    def told(self, call: Call, parent: Resource) -> Rows:
        """Return the system's sizes and those by DTUs."""
        names = [name for edition in EDITIONS for name in edition.objectives if name in NUMBERS]
        place = place_of(call.world, parent.id)
        return [
            {
                "name": NUMBERS[name],
                "location": place,
                "properties": {
                    "serviceObjectiveName": name,
                    "isDefault": name in _FIRST,
                    "isSystem": name.startswith("System"),
                    "description": None,
                    "enabled": not name.startswith("System"),
                },
            }
            for name in names
        ]


_FIRST = frozenset({"Free", "Basic", "S0", "P1"})  # of their editions


class ServiceTierAdvisor(Reading):
    """Advice on a database's size: none, as nothing has been observed."""

    arm_type = "Microsoft.Sql/servers/databases/serviceTierAdvisors"
    unknown: ClassVar[tuple[str, ...]] = (
        "observationPeriodStart",
        "observationPeriodEnd",
        "activeTimeRatio",
        "minDtu",
        "avgDtu",
        "maxDtu",
        "maxSizeInGB",
        "currentServiceLevelObjective",
        "currentServiceLevelObjectiveId",
        "usageBasedRecommendationServiceLevelObjective",
        "usageBasedRecommendationServiceLevelObjectiveId",
        "databaseSizeBasedRecommendationServiceLevelObjective",
        "databaseSizeBasedRecommendationServiceLevelObjectiveId",
        "disasterPlanBasedRecommendationServiceLevelObjective",
        "disasterPlanBasedRecommendationServiceLevelObjectiveId",
        "overallRecommendationServiceLevelObjective",
        "overallRecommendationServiceLevelObjectiveId",
    )

    def told(self, call: Call, parent: Resource) -> Rows:
        """Say that nothing is known."""
        properties: dict[str, Any] = {
            **dict.fromkeys(self.unknown),
            "serviceLevelObjectiveUsageMetrics": [],
            "confidence": 0.0,
        }
        return [{"name": "Current", "properties": properties}]


class ReplicationLink(Reading):
    """What ties a database to its replica on another server; ended by a deletion, turned round by a failover."""

    arm_type = "Microsoft.Sql/servers/databases/replicationLinks"
    actions: ClassVar[dict[str, str]] = {
        "failover": "failover",
        "forcefailoverallowdataloss": "failover",
        "unlink": "unlink",
    }

    def told(self, call: Call, parent: Resource) -> Rows:
        """Find the database's source and its copies."""
        links = [(one, "Primary") for one in _copies(call, parent)]
        source = call.state.get(_source(parent))
        links += [(source, "Secondary")] if source is not None else []
        return [_link(call, parent, other, role) for other, role in links]

    def delete(self, call: Call) -> Reply:
        """End the link: from then on both are databases of their own."""
        _end(call, self._ends(call, self.require(call)))
        return Reply(200)

    def unlink(self, call: Call, resource: Resource) -> Reply:
        """End the link."""
        _end(call, self._ends(call, resource))
        return Reply(204)

    def failover(self, call: Call, resource: Resource) -> Reply:
        """Make the secondary the primary."""
        if resource.body["properties"]["role"] != "Secondary":
            raise ArmError(400, "InvalidReplicationRole", "A failover starts on the secondary database.")
        here, there = self._ends(call, resource)
        for one, source in ((here, None), (there, here.id)):
            if source is None:
                one.body["properties"].pop("sourceDatabaseId", None)
            else:
                one.body["properties"] |= {"sourceDatabaseId": source, "createMode": "Secondary"}
            call.state.put(one)
        if call.api_version == OLDEST:
            return Reply(204)
        return begun(call, resource, style("replicationLink", 1), "FailoverReplicationLink")

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Show the link after a failover."""
        return Reply(200, self.require(call, parse(operation.resource)).body)

    def _ends(self, call: Call, link: Resource) -> tuple[Resource, Resource]:
        here = link.id.rsplit("/", 2)[0]
        database = call.state.get(here)
        if database is None:
            raise not_found(self.arm_type, call.address)
        others = [*_copies(call, database), call.state.get(_source(database))]
        found = next(one for one in others if one is not None and _number(call, database, one) == link.name)
        return database, found


def _source(database: Resource) -> str:
    properties = database.body["properties"]
    is_replica = properties.get("createMode") in {"Secondary", "OnlineSecondary", "NonReadableSecondary"}
    return str(properties.get("sourceDatabaseId", "")) if is_replica else ""


def _copies(call: Call, database: Resource) -> list[Resource]:
    every = call.state.everything(Database.arm_type)
    return [one for one in every if _source(one).lower() == database.key]


def _number(call: Call, one: Resource, other: Resource) -> str:
    return call.world.fixed_id("link/" + "/".join(sorted((one.key, other.key))))


def _link(call: Call, here: Resource, there: Resource, role: str) -> dict[str, Any]:
    partner = server_id(there.id).rpartition("/")[2]
    properties = {
        "partnerServer": partner,
        "partnerDatabase": there.name,
        "partnerDatabaseId": there.id,
        "partnerLocation": place_of(call.world, there.id),
        "role": role,
        "partnerRole": "Secondary" if role == "Primary" else "Primary",
        "replicationMode": "ASYNC",
        "startTime": timestamp(max(here.created, there.created)),
        "percentComplete": 100,
        "replicationState": "CATCH_UP",
        "isTerminationAllowed": True,
        "linkType": "GEO",
    }
    place = place_of(call.world, here.id)
    return {"name": _number(call, here, there), "location": place, "properties": properties}


def _end(call: Call, ends: tuple[Resource, Resource]) -> None:
    for one in ends:
        if _source(one):
            del one.body["properties"]["sourceDatabaseId"]
            call.state.put(one)


class RestorableDroppedDatabase(Reading):
    """A database that is gone and could be restored."""

    arm_type = "Microsoft.Sql/servers/restorableDroppedDatabases"

    def told(self, call: Call, parent: Resource) -> Rows:
        """Look up the server's databases that have been deleted."""
        gone = call.state.notes(DROPPED)
        prefix = f"{parent.key}/databases/"
        return [_dropped(call, body) for key, body in gone.items() if key.startswith(prefix)]


def _dropped(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    now = body["properties"]
    properties = {
        "databaseName": body["name"],
        "creationDate": now["creationDate"],
        "deletionDate": body["deletionDate"],
        "earliestRestoreDate": now.get("earliestRestoreDate"),
        "maxSizeBytes": now["maxSizeBytes"],
        "backupStorageRedundancy": now["currentBackupStorageRedundancy"],
    }
    if call.api_version == OLDEST:
        properties |= {"edition": body["sku"]["tier"], "maxSizeBytes": str(now["maxSizeBytes"])}
        properties |= {"serviceLevelObjective": now["currentServiceObjectiveName"], "elasticPoolName": None}
    number = "".join(char for char in body["deletionDate"] if char.isdigit())
    place = regions.display_name(body["location"]) if call.api_version == OLDEST else body["location"]
    return {
        "name": f"{body['name']},{number}",
        "location": place,
        "sku": body["sku"],
        "properties": properties,
    }


class RecoverableDatabase(Reading):
    """A database's backup in another region: none, as no backup has been copied yet."""

    arm_type = "Microsoft.Sql/servers/recoverableDatabases"


class ServerAdvisor(Reading):
    """Advice on a server's databases: none, as nothing has been observed."""

    arm_type = "Microsoft.Sql/servers/advisors"


class DatabaseAdvisor(Reading):
    """Advice on a database: none, as nothing has been observed."""

    arm_type = "Microsoft.Sql/servers/databases/advisors"


class RecommendedPool(Reading):
    """Advice on pools: none, as nothing has been observed."""

    arm_type = "Microsoft.Sql/servers/recommendedElasticPools"
