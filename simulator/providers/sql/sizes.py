"""Sizes of databases and pools: a SKU and the service objective that it stands for."""

from __future__ import annotations

import re
from typing import Any

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
DTUS: dict[str, dict[int, str]] = {"Basic": {5: "Basic"}, "Standard": _STANDARD, "Premium": _PREMIUM}


def objective(sku: dict[str, Any]) -> str:
    """Return the service objective that a SKU stands for: ``S0``, or ``GP_Gen5_2``."""
    if sku.get("family"):
        return f"{sku['name']}_{sku['capacity']}"
    return DTUS.get(str(sku["name"]), {}).get(int(sku.get("capacity") or 0), str(sku["name"]))


def first_size(sku: dict[str, Any]) -> int:
    """Return how large a database is at first, in bytes, where nobody says."""
    gigabytes = {"Basic": 2, "Standard": 250, "Premium": 500, "DataWarehouse": 245760}
    return gigabytes.get(str(sku["tier"]), 32 if sku.get("family") else 2) << 30


def full_sku(sku: dict[str, Any]) -> dict[str, Any]:
    """Return a SKU with the parts that follow from its name."""
    name = str(sku["name"])
    if found := re.fullmatch(r"(GP_S|GP|BC|HS_S|HS)(?:_(Gen\d|DC|Fsv2|M|PRMS|MOPRMS))?(?:_(\d{1,4}))?", name):
        family = found[2] or sku.get("family") or "Gen5"
        capacity = int(found[3]) if found[3] else sku.get("capacity", 2)
        tier = _VCORE_TIERS[found[1]]
        return {"name": f"{found[1]}_{family}", "tier": tier, "family": family, "capacity": capacity}
    if found := re.fullmatch(r"DW(\d{3,5})(c?)", name):  # 9 DTUs stand for one unit, 7.5 without a letter
        units = int(found[1]) * (9 if found[2] else 7.5)
        return {"name": "DataWarehouse", "tier": "DataWarehouse", "capacity": int(units)}
    if name in {"BasicPool", "StandardPool", "PremiumPool"}:
        tier = name.removesuffix("Pool")
        return {"name": name, "tier": tier, "capacity": sku.get("capacity", 125 if tier == "Premium" else 50)}
    by_name: dict[str, tuple[str, int]] = {kind: (kind, next(iter(found))) for kind, found in DTUS.items()}
    by_name |= {one: (kind, dtus) for kind, found in DTUS.items() for dtus, one in found.items()}
    tier, capacity = by_name.get(name, (sku.get("tier", name), 10))
    return {
        "name": tier if name in by_name else name,
        "tier": tier,
        "capacity": sku.get("capacity", capacity),
    }


_VCORE_TIERS = {
    "GP": "GeneralPurpose",
    "GP_S": "GeneralPurpose",
    "BC": "BusinessCritical",
    "HS": "Hyperscale",
    "HS_S": "Hyperscale",
}
