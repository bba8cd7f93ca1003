"""What Microsoft.MachineLearningServices answers besides its resources: sizes, usages and quotas of a region."""

from __future__ import annotations

from typing import Any

from simulator import regions
from simulator.call import Call, Reply, page
from simulator.namespaces import Namespace
from simulator.providers.machinelearning.shared import NAMESPACE
from simulator.providers.machinelearning.sizes import SIZES, limit, set_limit, used


class MachineLearning(Namespace):
    """What the namespace says about a region."""

    namespace = NAMESPACE

    def other(self, call: Call) -> Reply | None:
        """Answer ``locations/{region}/vmSizes``, ``usages``, ``quotas`` and ``updateQuotas``."""
        parts = [part.lower() for part in call.address.parts]
        if len(parts) != 3 or parts[0] != "locations":
            return None
        location = regions.normal(parts[1])
        if call.method == "GET" and parts[2] == "vmsizes":
            return Reply(200, {"value": [_size(one, location) for one in SIZES], "amlCompute": []})
        if call.method == "GET" and parts[2] == "usages":
            return page(call, [_usage(call, family, location) for family in _families()])
        if call.method == "GET" and parts[2] == "quotas":
            return page(call, [_quota(call, family, location) for family in _families()])
        return _update(call, location) if call.method == "POST" and parts[2] == "updatequotas" else None


def _families() -> list[str]:
    return sorted({size.family for size in SIZES})


def _size(size: Any, location: str) -> dict[str, Any]:
    return {
        "name": size.name,
        "family": size.family,
        "vCPUs": size.cores,
        "gpus": size.gpus,
        "osVhdSizeMB": 1047552,
        "maxResourceVolumeMB": 16384,
        "memoryGB": size.memory_gb,
        "lowPriorityCapable": True,
        "premiumIO": True,
        "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
        "estimatedVMPrices": None,
    }


def _named(call: Call, family: str, location: str, what: str) -> dict[str, Any]:
    root = f"/subscriptions/{call.address.subscription}/providers/{NAMESPACE}/locations/{location}"
    return {"id": f"{root}/{what}/{family}", "type": f"{NAMESPACE}/vmFamily/{what}", "unit": "Count"}


def _usage(call: Call, family: str, location: str) -> dict[str, Any]:
    return {
        **_named(call, family, location, "usages"),
        "amlWorkspaceLocation": location,
        "currentValue": used(call, location, family),
        "limit": limit(call.world, call.address.subscription, location, family),
        "name": {"value": family, "localizedValue": family},
    }


def _quota(call: Call, family: str, location: str) -> dict[str, Any]:
    cores = limit(call.world, call.address.subscription, location, family)
    name = {"value": family, "localizedValue": family}
    return {
        **_named(call, family, location, "quotas"),
        "amlWorkspaceLocation": location,
        "limit": cores,
        "name": name,
    }


def _update(call: Call, location: str) -> Reply:
    asked = call.body.get("value", []) if isinstance(call.body, dict) else []
    for one in asked if isinstance(asked, list) else []:
        if isinstance(one, dict) and isinstance(one.get("limit"), int):
            family = str(one.get("id", "")).rsplit("/", 1)[-1]
            set_limit(call.world, call.address.subscription, location, family, one["limit"])
    return Reply(200, {"value": [{**one, "status": "Success"} for one in asked if isinstance(one, dict)]})
