"""Elastic pools.  https://learn.microsoft.com/rest/api/sql/elastic-pools"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.call import Call
from simulator.children import Free
from simulator.providers.sql.database import full_sku
from simulator.providers.sql.shared import SqlKind, style
from simulator.state import Resource
from simulator.world import timestamp


class ElasticPool(SqlKind):
    """A pool that databases share."""

    arm_type = "Microsoft.Sql/servers/elasticPools"
    body = Free
    state_key = "state"
    seconds = 30
    delete_seconds = 15
    deletion_rank = 4
    create_style = update_style = style("elasticPool", 1)
    delete_style = style("elasticPool", 15)
    keeps_system_data = False
    found_by_arm = True
    verbs: ClassVar[dict[str, str]] = {
        "create": "CreateElasticPool",
        "update": "UpdateElasticPool",
        "delete": "DropElasticPool",
    }

    def state_word(self, state: str) -> str:
        """Say Ready, as pools do."""
        return "Ready" if state == "Succeeded" else state

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults."""
        old, sku = (
            before.get("properties", {}),
            full_sku(body.get("sku") or before.get("sku") or {"name": "GP_Gen5"}),
        )
        body["sku"] = sku
        body["kind"] = "pool" + (",vcore" if sku.get("family") else "")
        body["properties"] = {
            "creationDate": old.get("creationDate") or timestamp(call.world.now()),
            "maxSizeBytes": 34359738368,
            "perDatabaseSettings": {"minCapacity": 0.0, "maxCapacity": float(sku.get("capacity", 2))},
            "zoneRedundant": False,
            **body["properties"],
        }
