"""Virtual machine sizes and the cores that a subscription may use of each family.

https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulator.call import Call
from simulator.world import World

QUOTAS = "core quotas"
#: Cores of a family that a fresh subscription may use in one region; GPUs have to be asked for.
DEFAULT_LIMIT, GPU_LIMIT = 100, 0
ENDPOINTS = "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments"
COMPUTES = "microsoft.machinelearningservices/workspaces/computes"


@dataclass(frozen=True)
class Size:
    """A virtual machine size."""

    name: str
    family: str
    cores: int
    memory_gb: float
    gpus: int = 0


_TABLE = """
Standard_DS1_v2 standardDSv2Family 1 3.5
Standard_DS2_v2 standardDSv2Family 2 7
Standard_DS3_v2 standardDSv2Family 4 14
Standard_DS4_v2 standardDSv2Family 8 28
Standard_DS5_v2 standardDSv2Family 16 56
Standard_D2_v2 standardDv2Family 2 7
Standard_D2s_v3 standardDSv3Family 2 8
Standard_D4s_v3 standardDSv3Family 4 16
Standard_D8s_v3 standardDSv3Family 8 32
Standard_D2a_v4 standardDAv4Family 2 8
Standard_D4a_v4 standardDAv4Family 4 16
Standard_D8a_v4 standardDAv4Family 8 32
Standard_D2as_v4 standardDASv4Family 2 8
Standard_D4as_v4 standardDASv4Family 4 16
Standard_E2s_v3 standardESv3Family 2 16
Standard_E4s_v3 standardESv3Family 4 32
Standard_E8s_v3 standardESv3Family 8 64
Standard_F2s_v2 standardFSv2Family 2 4
Standard_F4s_v2 standardFSv2Family 4 8
Standard_F8s_v2 standardFSv2Family 8 16
Standard_F16s_v2 standardFSv2Family 16 32
Standard_F32s_v2 standardFSv2Family 32 64
Standard_NC4as_T4_v3 standardNCASv3_T4Family 4 28 1
Standard_NC6s_v3 standardNCSv3Family 6 112 1
Standard_NC24ads_A100_v4 standardNCADSA100v4Family 24 220 1
Standard_ND40rs_v2 standardNDSv2Family 40 672 8
"""


def _size(line: str) -> Size:
    name, family, cores, memory, *gpus = line.split()
    return Size(name, family, int(cores), float(memory), int(gpus[0]) if gpus else 0)


SIZES = tuple(_size(line) for line in _TABLE.strip().splitlines())
BY_NAME = {size.name.lower(): size for size in SIZES}


def limit(world: World, subscription: str, location: str, family: str) -> int:
    """Return how many cores of a family a subscription may use in a region."""
    for key in (f"{subscription}/{location}/{family}", f"*/*/{family}", "*/*/*"):
        found = world.state.note(QUOTAS, key)
        if found is not None:
            return int(found)
    gpus = any(size.gpus for size in SIZES if size.family.lower() == family.lower())
    return GPU_LIMIT if gpus else DEFAULT_LIMIT


def set_limit(world: World, subscription: str, location: str, family: str, cores: int) -> None:
    """Change a limit; ``*`` stands for every subscription, region or family."""
    world.state.set_note(QUOTAS, f"{subscription}/{location}/{family}", cores)


def used(call: Call, location: str, family: str, without: str = "") -> int:
    """Return the cores of a family that deployments and computes hold in a region."""
    total = 0
    for kind in (ENDPOINTS, COMPUTES):
        for resource in call.state.under(f"/subscriptions/{call.address.subscription}", kind):
            if (
                resource.location == location
                and resource.key != without.lower()
                and resource.state != "Failed"
            ):
                total += cores_of(
                    resource.hidden.get("size", ""), resource.hidden.get("instances", 0), family
                )
    return total


def needed(size: Size, instances: int) -> int:
    """Return the cores that an online deployment needs: a fifth is kept for upgrades, rounded up to whole instances."""
    return size.cores * math.ceil(instances * 1.2)


def cores_of(name: str, instances: int, family: str) -> int:
    """Return what one holder holds of a family."""
    size = BY_NAME.get(name.lower())
    return size.cores * instances if size is not None and size.family.lower() == family.lower() else 0
