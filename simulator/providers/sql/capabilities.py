"""What a region can do with SQL: editions, sizes, pools.  Clients read it to turn "4 cores" into a SKU.

https://learn.microsoft.com/rest/api/sql/capabilities/list-by-location
"""

from __future__ import annotations

from typing import Any

from simulator.providers.sql.objectives import EDITIONS, NUMBERS, POOLS, Edition, sku_of
from simulator.providers.sql.sizes import full_sku
from simulator.world import World


def versions(world: World) -> list[dict[str, Any]]:
    """Return the server versions that can be made: there is one."""
    pools = [_pool_edition(name, sku, sizes) for name, (sku, sizes) in POOLS.items()]
    editions = [_edition(world, one) for one in EDITIONS]
    named = {"name": "12.0", "supportedEditions": editions, "supportedElasticPoolEditions": pools}
    return [{**named, "status": "Default"}]


def number_of(world: World, objective: str) -> str:
    """Return the number of a service objective: Azure's where it is known."""
    return NUMBERS.get(objective) or world.fixed_id(f"objective/{objective}")


def _edition(world: World, edition: Edition) -> dict[str, Any]:
    sizes = [_objective(world, edition, name) for name in edition.objectives]
    kept = [{"storageAccountType": "GRS", "status": "Default"}]
    return {
        "name": edition.name,
        "supportedServiceLevelObjectives": sizes,
        "zoneRedundant": edition.zones,
        "readScale": {"maxNumberOfReplicas": edition.replicas},
        "supportedStorageCapabilities": kept,
        "status": "Default" if edition.name == "GeneralPurpose" else _available(edition.name),
        **_reason(edition.name),
    }


def _available(edition: str) -> str:
    return "Visible" if edition in {"System", "Free"} else "Available"


def _objective(world: World, edition: Edition, name: str) -> dict[str, Any]:
    sku = sku_of(name)
    unit = "VCores" if sku.get("family") else "DTU"
    default = name in {"Basic", "S0", "P1", "GP_Gen5_2", "BC_Gen5_2", "HS_Gen5_2"}
    out = {
        "id": number_of(world, name),
        "name": name,
        "supportedMaxSizes": [_size(edition.largest, edition.name)],
        "performanceLevel": {"value": float(sku["capacity"]), "unit": unit},
        "sku": sku,
        "supportedLicenseTypes": _licences(sku),
        "zoneRedundant": edition.zones,
        "supportedMaintenanceConfigurations": [],
        "status": "Default" if default else _available(edition.name),
    }
    if edition.included:
        out["includedMaxSize"] = {"limit": edition.included, "unit": "Gigabytes"}
    return out | _reason(edition.name) | (_compute(name) if sku.get("family") else {})


def _compute(name: str) -> dict[str, Any]:
    if not name.startswith("GP_S_"):
        return {"computeModel": "Provisioned"}
    pause = {
        "minValue": 60,
        "maxValue": 10080,
        "stepSize": 10,
        "default": 60,
        "unit": "Minutes",
        "doNotPauseValue": -1,
    }
    least = [{"value": 0.5, "status": "Default"}]
    return {"computeModel": "Serverless", "supportedAutoPauseDelay": pause, "supportedMinCapacities": least}


def _licences(sku: dict[str, Any]) -> list[dict[str, Any]]:
    if not sku.get("family") or sku["name"].startswith("GP_S_"):
        return []
    names = ("LicenseIncluded", "BasePrice")
    return [{"name": name, "status": "Default" if name == names[0] else "Available"} for name in names]


def _size(largest: int, edition: str = "") -> dict[str, Any]:
    fixed = edition == "System"
    limit = {"limit": largest, "unit": "Gigabytes"}
    span = {"minValue": limit if fixed else {"limit": 1, "unit": "Gigabytes"}, "maxValue": limit}
    step = {"scaleSize": {"limit": 0 if fixed else 1, "unit": "Gigabytes"}}
    return {**span, **step, **_reason(edition), "status": "Visible" if fixed else "Default"}


def _reason(edition: str) -> dict[str, str]:
    """Say why an edition that is shown cannot be had."""
    if edition != "System":
        return {}
    return {"reason": "'System' is not a valid database edition in this version of SQL Server."}


def _pool_edition(name: str, sku: str, sizes: tuple[int, ...]) -> dict[str, Any]:
    levels = [_level(full_sku({"name": sku, "capacity": size}), size == sizes[0]) for size in sizes]
    out = {"name": name, "supportedElasticPoolPerformanceLevels": levels, "zoneRedundant": name == "Premium"}
    return {**out, "status": "Default" if name == "Standard" else "Available"}


def _level(sku: dict[str, Any], default: bool) -> dict[str, Any]:
    unit = "VCores" if sku.get("family") else "DTU"
    least = [{"limit": 0.0, "unit": unit, "status": "Default"}]
    most = {"limit": float(sku["capacity"]), "unit": unit, "status": "Default"}
    return {
        "performanceLevel": {"value": float(sku["capacity"]), "unit": unit},
        "sku": sku,
        "supportedLicenseTypes": _licences(sku),
        "maxDatabaseCount": 100,
        "includedMaxSize": {"limit": 32, "unit": "Gigabytes"},
        "supportedMaxSizes": [_size(1024)],
        "supportedPerDatabaseMaxSizes": [_size(1024)],
        "supportedPerDatabaseMaxPerformanceLevels": [
            {**most, "supportedPerDatabaseMinPerformanceLevels": least}
        ],
        "zoneRedundant": False,
        "supportedMaintenanceConfigurations": [],
        "status": "Default" if default else "Available",
    }
