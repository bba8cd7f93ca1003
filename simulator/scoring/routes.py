"""An environment's inferenceConfig: at which ports and paths a container with a server of its own is probed and asked.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from simulator.scoring.conda import Unsupported


@dataclass(frozen=True)
class Route:
    """A port of the container and a path there."""

    port: int
    path: str


@dataclass(frozen=True)
class Routes:
    """The three that Azure knows."""

    liveness: Route
    readiness: Route
    scoring: Route

    @property
    def ports(self) -> set[int]:
        """Every port that is asked."""
        return {self.liveness.port, self.readiness.port, self.scoring.port}


def read(text: str) -> Routes:
    """Read an inferenceConfig.

    Raises:
        Unsupported: a route is missing, or is none.
    """
    try:
        given = json.loads(text or "{}")
        found = [_route(given.get(f"{name}Route")) for name in ("liveness", "readiness", "scoring")]
    except (ValueError, TypeError, AttributeError, KeyError):
        raise Unsupported(
            "the environment is built from a Dockerfile, and its inferenceConfig does not say where the container answers: "
            "name livenessRoute, readinessRoute and scoringRoute, each with a path and a port"
        ) from None
    return Routes(*found)


def _route(given: dict[str, object]) -> Route:
    port, path = int(str(given["port"])), str(given["path"])
    if not 0 < port < 65536:
        raise ValueError(port)
    return Route(port, "/" + path.lstrip("/"))
