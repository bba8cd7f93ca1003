"""The numbers by which Azure knows service objectives, the same for everybody, and what each can hold.

https://learn.microsoft.com/azure/azure-sql/database/resource-limits-dtu-single-databases
https://learn.microsoft.com/azure/azure-sql/database/resource-limits-vcore-single-databases
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.providers.sql.sizes import full_sku

NUMBERS = {
    "System": "26e021db-f1f9-4c98-84c6-92af8ef433d7",
    "System0": "29dd7459-4a7c-4e56-be22-f0adda49440d",
    "System1": "c99ac918-dbea-463f-a475-16ec020fdc12",
    "System2": "620323bf-2879-4807-b30d-c2e6d7b3b3aa",
    "System3": "33d0db1f-6893-4210-99f9-463fb9b496a4",
    "System4": "da24338c-a6c9-46c2-a4bf-4ac95b496ae4",
    "System2L": "53f7fa1b-b0d0-43d6-bc29-c5f059fb36e9",
    "System3L": "e79cd55c-689f-48d9-bffa-0dd12c772248",
    "System4L": "4b37bb6d-e004-47ac-8f7a-be56ac9fb490",
    "Free": "6aa3bb3e-7f50-40d6-95ef-5497c30d99d8",
    "Basic": "dd6d99bb-f193-4ec1-86f2-43d3bccbc49c",
    "S0": "f1173c43-91bd-4aaa-973c-54e79e15235b",
    "S1": "1b1ebd4d-d903-4baa-97f9-4ea675f5e928",
    "S2": "455330e1-00cd-488b-b5fa-177c226f28b7",
    "S3": "789681b8-ca10-4eb0-bdf2-e0b050601b40",
    "S4": "3cf14e1a-0a5d-408c-bbc7-f63c5282f735",
    "S6": "ab69b4e3-d7cc-4aa5-87a6-f8b50615a03c",
    "S7": "b6ca0894-d2f0-4e40-99f5-0f8a93cc2437",
    "S9": "0efa88e9-99ff-4e36-a148-8c4b20c0826c",
    "S12": "98100e8b-2f8a-4a81-9eb5-4d1e675c5a29",
    "P1": "7203483a-c4fb-4304-9e9f-17c71c904f5d",
    "P2": "a7d1b92d-c987-4375-b54d-2b1d0e0f5bb0",
    "P4": "afe1eee1-1f12-4e5f-9ad6-2de9c12cb4dc",
    "P6": "43940481-9191-475a-9dba-6b505615b9aa",
    "P11": "dd00d544-bbc0-4f61-ba60-cdce0c410288",
    "P15": "5bc86cca-9a96-4a94-90ef-bbdfcfbf2d71",
    "DW100c": "9f848803-41b2-4a6d-9501-bb0e0ab31d2e",
    "DW200c": "bd2edbf5-11a2-4a87-b371-4b78eb82280e",
    "DW500c": "16d01b30-3ecd-4b97-aeaf-a3d52f46fcbe",
    "DW1000c": "6b6d6207-2c78-48e2-8549-ae2cdc62f634",
}


@dataclass(frozen=True)
class Edition:
    """One edition: its objectives, the largest database in GB, and what is special about it."""

    name: str
    objectives: tuple[str, ...]
    largest: int
    included: int = 0
    zones: bool = False
    replicas: int = 0


_CORES = (2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 32, 40, 80)
EDITIONS = (
    Edition("System", ("System", "System0", "System1", "System2", "System3", "System4"), 30, zones=True),
    Edition("Free", ("Free",), 1, 1),
    Edition("Basic", ("Basic",), 2, 2),
    Edition("Standard", ("S0", "S1", "S2", "S3", "S4", "S6", "S7", "S9", "S12"), 250, 250),
    Edition("Premium", ("P1", "P2", "P4", "P6", "P11", "P15"), 1024, 500, zones=True, replicas=1),
    Edition("DataWarehouse", ("DW100c", "DW200c", "DW500c", "DW1000c"), 245760),
    Edition(
        "GeneralPurpose",
        (
            "GP_S_Gen5_1",
            *(f"{name}_{n}" for n in _CORES for name in ("GP_Gen5", "GP_S_Gen5") if n < 80),
            "GP_Gen5_80",
        ),
        4096,
        zones=True,
    ),
    Edition("BusinessCritical", tuple(f"BC_Gen5_{n}" for n in _CORES), 4096, zones=True, replicas=1),
    Edition("Hyperscale", tuple(f"HS_Gen5_{n}" for n in _CORES), 102400, replicas=4),
)
#: Pools: the SKU's name, what it is counted in, and its sizes.
POOLS: dict[str, tuple[str, tuple[int, ...]]] = {
    "Standard": ("StandardPool", (50, 100, 200, 300, 400, 800, 1200, 1600, 2000, 2500, 3000)),
    "Premium": ("PremiumPool", (125, 250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000)),
    "Basic": ("BasicPool", (50, 100, 200, 300, 400, 800, 1200, 1600)),
    "GeneralPurpose": ("GP_Gen5", _CORES),
    "BusinessCritical": ("BC_Gen5", (4, *_CORES[2:])),
}


def sku_of(objective: str) -> dict[str, Any]:
    """Return the SKU that an objective stands for."""
    if objective.startswith("System") or objective == "Free":
        tier = "System" if objective.startswith("System") else "Free"
        return {"name": tier, "tier": tier, "capacity": 0 if tier == "System" else 5}
    return full_sku({"name": objective})
