"""Elastic pools.  https://learn.microsoft.com/rest/api/sql/elastic-pools"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import kind_of
from simulator.operations import Operation, Style
from simulator.providers.sql import older
from simulator.providers.sql.database_body import DatabaseSku
from simulator.providers.sql.shared import OLDEST, SqlKind, begun, server_id, style
from simulator.providers.sql.sizes import full_sku
from simulator.schema import Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp

DATABASES = "Microsoft.Sql/servers/databases"


class EachDatabase(Wire):
    """What one database of a pool may take."""

    minCapacity: float | None = None
    maxCapacity: float | None = None
    autoPauseDelay: int | None = None


class PoolProperties(Wire):
    """A pool's settings."""

    maxSizeBytes: int | None = None
    minCapacity: float | None = None
    perDatabaseSettings: EachDatabase | None = None
    zoneRedundant: bool | None = None
    licenseType: Literal["LicenseIncluded", "BasePrice"] | None = None
    maintenanceConfigurationId: str | None = None
    highAvailabilityReplicaCount: int | None = None
    preferredEnclaveType: Literal["Default", "VBS"] | None = None
    availabilityZone: Literal["NoPreference", "1", "2", "3"] | None = None
    autoPauseDelay: int | None = None


class PoolBody(Tracked):
    """What a PUT on a pool may say."""

    sku: DatabaseSku | None = None
    properties: PoolProperties | None = None


class ElasticPool(SqlKind):
    """A pool that databases share."""

    arm_type = "Microsoft.Sql/servers/elasticPools"
    body = PoolBody
    api_versions = (OLDEST, "2026-12-31")
    state_key = "state"
    seconds = 30
    delete_seconds = 15
    deletion_rank = 4
    create_style = update_style = style("elasticPool", 1)
    delete_style = style("elasticPool", 15)
    keeps_system_data = False
    found_by_arm = True
    actions: ClassVar[dict[str, str]] = {
        "GET databases": "databases",
        "GET operations": "operations",
        "failover": "failover",
    }
    verbs: ClassVar[dict[str, str]] = {
        "create": "CreateLogicalElasticPool",
        "update": "UpdateLogicalElasticPool",
        "delete": "DropLogicalElasticPool",
    }

    def status_of(self, call: Call, action: str) -> int:
        """Return 204 for a deletion in 2017-10-01-preview, which was recorded so."""
        return 204 if self._at_once(call, action) else super().status_of(call, action)

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return no style where a deletion is done with the answer."""
        return None if self._at_once(call, action) else super().style_of(call, action)

    def _at_once(self, call: Call, action: str) -> bool:
        return action == "delete" and call.api_version == "2017-10-01-preview"

    def put(self, call: Call) -> Reply:
        """Create or replace; the oldest version asks in its own words."""
        if call.api_version == OLDEST:
            call.body = older.pool_asked(call.body)
        return super().put(call)

    def patch(self, call: Call) -> Reply:
        """Change some of it; the oldest version asks in its own words."""
        if call.api_version == OLDEST:
            call.body = older.pool_asked(call.body)
        return super().patch(call)

    def state_word(self, state: str) -> str:
        """Say Ready, as pools do."""
        return "Ready" if state == "Succeeded" else state

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write while the pool is being made or changed."""
        message = f"Operation on elastic pool '{resource.name}' is in progress. Please try again later."
        return ArmError(409, "ElasticPoolBusy", message)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults."""
        old = before.get("properties", {})
        sku = full_sku(body.get("sku") or before.get("sku") or {"name": "GP_Gen5"})
        cores = bool(sku.get("family"))
        most = (
            float(sku["capacity"]) if cores else 5.0 if sku["name"] == "BasicPool" else float(sku["capacity"])
        )
        each = {"minCapacity": 0.0, "maxCapacity": most} | body["properties"].get("perDatabaseSettings", {})
        given = body["properties"] | {"perDatabaseSettings": each}
        body["sku"], body["kind"] = sku, "vcore,pool" if cores else "pool"
        body["properties"] = {
            "creationDate": old.get("creationDate") or timestamp(call.world.now()),
            "maxSizeBytes": 34359738368 if cores else _SIZES.get(sku["name"], 53687091200),
            "zoneRedundant": False,
            **({"licenseType": "LicenseIncluded"} if cores else {}),
            "maintenanceConfigurationId": f"/subscriptions/{call.address.subscription}/providers/Microsoft.Maintenance"
            "/publicMaintenanceConfigurations/SQL_Default",
            "availabilityZone": "NoPreference",
            **given,
        }

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Say it in the words of 2014-04-01 to whoever asks with that version."""
        body = self.view(resource)
        return older.pool(call, resource, body) if call.api_version == OLDEST else body

    def databases(self, call: Call, resource: Resource) -> Reply:
        """List the databases in the pool."""
        kind = kind_of(DATABASES)
        every = call.state.under(server_id(resource.id), DATABASES) if kind else []
        inside = [
            one for one in every if one.body["properties"].get("elasticPoolId", "").lower() == resource.key
        ]
        return Reply(200, {"value": [kind.seen(call, one) for one in inside] if kind else []})

    def operations(self, call: Call, resource: Resource) -> Reply:
        """List what goes on with the pool: nothing that could be cancelled."""
        return Reply(200, {"value": []})

    def failover(self, call: Call, resource: Resource) -> Reply:
        """Begin a failover to another replica, after which nothing is different."""
        return begun(call, resource, style("elasticPool", 1), "FailoverDatabaseOrElasticPoolAsync")


_SIZES = {"BasicPool": 5242880000, "StandardPool": 53687091200, "PremiumPool": 268435456000}
