"""The smoke test: the golden set, replayed against the new deployment before it gets any traffic."""

from collections.abc import Iterable, Mapping
from typing import Any

from services import expected
from services.catalogue.base import Begun, Cloud, Look, Refused, Resource, ResourceType, Say
from services.catalogue.release_parts import ASSET_RULE, endpoint_id
from services.config import Production, ProjectConfig
from services.release import Release


class SmokeTest(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints"""

    Settings = Production
    key = "smoke_test"
    label = "Smoke test"
    arm_type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/score"
    api_version = "2024-10-01"
    name_rule = ASSET_RULE
    docs = "https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints"
    pricing = "https://azure.microsoft.com/pricing/details/machine-learning/"
    expected_s = 5.0
    leaves = False
    look = Look("production", "answer")
    shows = ("requests", "passed", "slowest_ms")

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """One for the deployment, with all requests of the golden set."""
        place = f"{endpoint_id(config, release.endpoint)}/deployments/{release.deployment}/score"
        body = {"golden": list(release.golden), "timeout_s": release.timeout_ms / 1000 + 5}
        yield self.resource(
            config, config[Production], name=f"{release.deployment} golden set", id=place, body=body,
            depends_on=("online_deployment",),
        )  # fmt: skip

    async def find(self, cloud: Cloud, resource: Resource) -> Mapping[str, Any] | None:
        """It leaves nothing: it is made whenever it is asked for."""
        return None

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """The requests are what is followed."""
        return Begun(token="smoke")

    async def follow(self, cloud: Cloud, resource: Resource, token: str, say: Say) -> Mapping[str, Any]:
        """Ask every request of the golden set; the first wrong answer is a refusal."""
        place, deployment = resource.id.rpartition("/deployments/")[0], resource.id.split("/")[-2]
        cases, slowest = resource.body["golden"], 0.0
        for number, case in enumerate(cases, 1):
            say(f"Request {number} of {len(cases)}.")
            status, answer, took = await cloud.score(
                place, deployment, case["request"], resource.body["timeout_s"]
            )
            why = _wrong(case, status, answer)
            if why:
                raise Refused("SmokeTestFailed", f"Request {number}: {why}"[:2000])
            slowest = max(slowest, took)
        return {"requests": len(cases), "passed": len(cases), "slowest_ms": round(slowest * 1000, 1)}

    async def gone(self, cloud: Cloud, resource: Resource) -> bool:
        """There is nothing to remove."""
        return True


def _wrong(case: Mapping[str, Any], status: int, answer: Any) -> str:
    """What is wrong with an answer, "" where nothing is; without an expected answer any success will do."""
    if status != 200:
        return f"it answered with status {status}: {answer}"
    return expected.difference(answer, case["expected"]) if case.get("expected") is not None else ""
