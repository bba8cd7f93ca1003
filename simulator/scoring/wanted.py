"""What the state wants to run: read anew at every look, so that a kill, a reset or a deleted group needs no word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from simulator import operations
from simulator.scoring.logs import folder_of
from simulator.scoring.spec import Spec, read_spec
from simulator.state import Resource
from simulator.world import World

DEPLOYMENTS = "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments"
#: However fast the clock goes, a container has this many seconds to become ready: it really starts.
SHORTEST_START = 120.0


@dataclass(frozen=True)
class Wanted:
    """One deployment as the state has it."""

    key: str
    folder: str  # tells a deployment from one of its name that was there before
    operation: str  # the one that waits for the container, or ""
    spec: Spec  # what was asked for last
    served: Spec | None  # what has run, and runs on until something newer is ready
    instances: int
    start_budget: float  # seconds

    @property
    def target(self) -> Spec | None:
        """What is to run: the newest while an operation waits for it, else what has worked."""
        return self.spec if self.operation else self.served


def wanted(world: World) -> list[Wanted]:
    """Return every deployment that is to have a container."""
    found = []
    for one in world.state.everything(DEPLOYMENTS):
        spec = read_spec(one.hidden.get("spec"))
        if spec is not None and not _goes(world, one):
            found.append(_wanted(world, one, spec))
    return found


def seconds(duration: Any, default: float = 0.0) -> float:
    """Return an ISO 8601 duration of days or less in seconds."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", str(duration))
    if not found:
        return default
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + rest


def start_budget(properties: dict[str, Any], pace: float) -> float:
    """Return how long a container may take to become ready, by its liveness probe and the pace."""
    probe = properties.get("livenessProbe") or {}
    real = seconds(probe.get("initialDelay"), 10) + seconds(probe.get("period"), 10) * int(
        probe.get("failureThreshold") or 30
    )
    return max(SHORTEST_START, real * pace)


def _wanted(world: World, deployment: Resource, spec: Spec) -> Wanted:
    operation = operations.running(world, deployment.id)
    held = operation.id if operation and operations.is_held(world, operation.id) else ""
    return Wanted(
        deployment.key,
        folder_of(world.folder, deployment).name,
        held,
        spec,
        read_spec(deployment.hidden.get("served")),
        int(deployment.body["sku"]["capacity"]),
        start_budget(deployment.body["properties"], world.pace),
    )


def _goes(world: World, deployment: Resource) -> bool:
    """Tell whether a deployment, or something above it, is being deleted."""
    parts = deployment.id.split("/")
    ids = [deployment.id, "/".join(parts[:11]), "/".join(parts[:9]), "/".join(parts[:5])]
    return any(found is None or found.state == "Deleting" for found in map(world.state.get, ids))
