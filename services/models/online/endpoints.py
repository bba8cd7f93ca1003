"""What the cloud says of a project's online endpoints: state, address, traffic, deployments, logs, keys. Nothing is kept.

https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from services.models.online.asks import Asks
from services.naming import SUFFIX_ALPHABET

API = "2024-10-01"
Container = Literal["InferenceServer", "StorageInitializer"]
CONTAINERS: dict[Container, str] = {
    "InferenceServer": "Inference server",
    "StorageInitializer": "Storage initializer",
}
KeyType = Literal["Primary", "Secondary"]
COLOURS = ("blue", "green")


@dataclass(frozen=True)
class Deployment:
    """An online deployment as it stands; `model` is the name and version of the registered model."""

    name: str
    id: str
    state: str
    instance_type: str
    instances: int
    model: str = ""


@dataclass(frozen=True)
class Endpoint:
    """An online endpoint as it stands; `traffic` is in percent by deployment."""

    name: str
    id: str
    state: str
    scoring_uri: str
    auth: str
    traffic: Mapping[str, int] = field(default_factory=dict)
    deployments: tuple[Deployment, ...] = ()

    def deployment(self, name: str) -> Deployment | None:
        """The deployment of that name."""
        return next((one for one in self.deployments if one.name == name), None)


async def look(cloud: Asks, id: str) -> Endpoint | None:
    """An endpoint with its deployments by resource ID; None when there is none."""
    found = await cloud.get(id, API)
    if found is None:
        return None
    below = (await cloud.send("GET", f"{id}/deployments", API)).get("value") or []
    properties = found.get("properties") or {}
    shares = {name: int(share) for name, share in (properties.get("traffic") or {}).items() if share}
    return Endpoint(
        found["name"], found["id"], str(properties.get("provisioningState", "")), str(properties.get("scoringUri") or ""),
        str(properties.get("authMode", "")), shares, tuple(_deployment(one) for one in below),
    )  # fmt: skip


async def look_at(cloud: Asks, ids: list[str]) -> dict[str, Endpoint]:
    """The endpoints of those IDs that stand, by name."""
    found = await asyncio.gather(*(look(cloud, id) for id in ids))
    return {one.name: one for one in found if one}


async def logs(cloud: Asks, deployment_id: str, container: Container, tail: int) -> str:
    """The last lines of a container's log."""
    answer = await cloud.act(deployment_id, "getLogs", API, {"containerType": container, "tail": tail})
    return str(answer.get("content") or "")


async def keys(cloud: Asks, endpoint_id: str) -> dict[KeyType, str]:
    """Both keys of an endpoint. Whoever asks shows them and forgets them."""
    found = await cloud.act(endpoint_id, "listKeys", API)
    return {"Primary": str(found.get("primaryKey") or ""), "Secondary": str(found.get("secondaryKey") or "")}


async def regenerate(cloud: Asks, endpoint_id: str, which: KeyType) -> None:
    """Make one of the keys anew: programs that use the old one are refused from then on."""
    await cloud.act(endpoint_id, "regenerateKeys", API, {"keyType": which})


def another_colour(taken: Mapping[str, Any] | list[str]) -> str:
    """A name for a further deployment: blue and green take turns, then they are numbered."""
    names = {name.lower() for name in taken}
    numbered = (f"{colour}-{number}" for number in range(2, 100) for colour in COLOURS)
    return next(name for name in (*COLOURS, *numbered) if name not in names)


def another_name(name: str, salt: str) -> str:
    """A name for an endpoint whose name is taken in the region: the same with four characters of the project's own ID."""
    tail = "".join(c for c in salt.lower() if c in SUFFIX_ALPHABET)[-4:] or "2"
    stem = re.sub(r"-[0-9a-z]{4}$", "", name)[: 32 - len(tail) - 1].rstrip("-")
    return f"{stem}-{tail}"


def _deployment(found: Mapping[str, Any]) -> Deployment:
    properties = found.get("properties") or {}
    asset = str(properties.get("model") or "").split("/")
    return Deployment(
        found["name"], found["id"], str(properties.get("provisioningState", "")), str(properties.get("instanceType", "")),
        int((found.get("sku") or {}).get("capacity") or 1), f"{asset[-3]}:{asset[-1]}" if len(asset) > 3 else "",
    )  # fmt: skip
