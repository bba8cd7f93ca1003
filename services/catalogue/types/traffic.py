"""The traffic: which deployment of the endpoint answers how many of the requests."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.catalogue.base import Begun, Cloud, Look, Resource, ResourceType
from services.catalogue.release_parts import ASSET_RULE, endpoint_id, with_traffic
from services.config import Production, ProjectConfig
from services.release import Release, scaled


class Traffic(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints"""

    Settings = Production
    key = "traffic"
    label = "Traffic"
    arm_type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/traffic"
    api_version = "2024-10-01"
    name_rule = ASSET_RULE
    docs = "https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints"
    pricing = "https://azure.microsoft.com/pricing/details/machine-learning/"
    expected_s = 10.0
    look = Look("production", "request")
    shows = ("traffic",)

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """The last step: requests come in only when the smoke test has passed."""
        wanted, place = release.traffic, endpoint_id(config, release.endpoint)
        before = {name: share for name, share in release.before.items() if name != release.deployment}
        words = ", ".join(f"{name} {share} %" for name, share in wanted.items()) or "none"
        yield self.resource(
            config, config[Production], name=words, id=f"{place}/traffic/{release.deployment}",
            body={"traffic": wanted, "before": before}, depends_on=("smoke_test", "online_deployment"),
        )  # fmt: skip

    async def find(self, cloud: Cloud, resource: Resource) -> Mapping[str, Any] | None:
        """The traffic of the endpoint, if it is as wanted."""
        now = await self._now(cloud, resource)
        return {"traffic": now} if now == _shares(resource.body.get("traffic")) else None

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Put the endpoint as it is with the new shares."""
        return await self._put(cloud, resource, body["traffic"])

    async def follow(self, cloud: Cloud, resource: Resource, token: str, say: Any) -> Mapping[str, Any]:
        """Wait for the endpoint."""
        endpoint = await cloud.finish_put(_endpoint(resource), resource.api_version, token)
        return {"traffic": _shares(endpoint["properties"].get("traffic"))}

    async def stands(self, cloud: Cloud, resource: Resource) -> Mapping[str, Any] | None:
        """The share that this deployment has, if it has any."""
        shares = await self._now(cloud, resource)
        return {"traffic": shares} if shares.get(_deployment(resource)) else None

    async def delete(self, cloud: Cloud, resource: Resource, purge: bool) -> Begun:
        """Give its share to the others; where it had all, to those that had it before and are still there."""
        shares, mine = await self._now(cloud, resource), _deployment(resource)
        kept = scaled({name: share for name, share in shares.items() if name != mine}, 100)
        before = {} if kept else await self._still_there(cloud, resource)
        begun = await self._put(cloud, resource, kept or scaled(before, 100))
        if begun.token:
            await cloud.finish_put(_endpoint(resource), resource.api_version, begun.token)
        return Begun()

    async def _now(self, cloud: Cloud, resource: Resource) -> dict[str, int]:
        endpoint = await cloud.get(_endpoint(resource), resource.api_version)
        return _shares(endpoint["properties"].get("traffic")) if endpoint else {}

    async def _still_there(self, cloud: Cloud, resource: Resource) -> dict[str, int]:
        before = _shares(resource.body.get("before"))
        places = {name: f"{_endpoint(resource)}/deployments/{name}" for name in before}
        return {
            name: before[name] for name, id in places.items() if await cloud.get(id, resource.api_version)
        }

    async def _put(self, cloud: Cloud, resource: Resource, shares: Mapping[str, int]) -> Begun:
        endpoint = await cloud.get(_endpoint(resource), resource.api_version)
        return await cloud.begin_put(
            _endpoint(resource), resource.api_version, with_traffic(endpoint or {}, shares)
        )


def _endpoint(resource: Resource) -> str:
    return resource.id.rpartition("/traffic/")[0]


def _deployment(resource: Resource) -> str:
    return resource.id.rpartition("/")[2]


def _shares(traffic: Mapping[str, Any] | None) -> dict[str, int]:
    return {name: int(share) for name, share in (traffic or {}).items() if share}
