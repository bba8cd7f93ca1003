"""The registered environment: the packages that the handler runs with, the same that the test on this machine had."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.catalogue.base import Begun, Cloud, Look, Resource, ResourceType
from services.catalogue.release_parts import ASSET_RULE, asset_id, asset_of, workspace_id
from services.config import Production, ProjectConfig
from services.release import IMAGE, Release

# Where plumber listens, and what Azure asks it: https://learn.microsoft.com/azure/machine-learning/how-to-r-deploy-r-model
R_ROUTES = {
    "liveness_route": {"path": "/live", "port": 8000},
    "readiness_route": {"path": "/ready", "port": 8000},
    "scoring_route": {"path": "/score", "port": 8000},
}


class Environment(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/concept-environments"""

    Settings = Production
    key = "environment"
    label = "Environment"
    arm_type = "Microsoft.MachineLearningServices/workspaces/environments/versions"
    api_version = "2024-10-01"
    name_rule = ASSET_RULE
    docs = "https://learn.microsoft.com/azure/machine-learning/how-to-manage-environments-v2"
    pricing = "https://azure.microsoft.com/pricing/details/container-registry/"
    expected_s = 2.0
    look = Look("learning", "code")

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """One version for each content."""
        name, version = f"{release.model}-env", release.environment_version
        yield self.resource(
            config, config[Production], name=f"{name}:{version}", body=self.body(release),
            id=asset_id(config, "environments", name, version),
        )  # fmt: skip

    def body(self, release: Release) -> dict[str, Any]:
        """A conda file over Microsoft's image; for R a Dockerfile that Azure builds."""
        if release.language == "r":
            return {"files": dict(release.files), "inference": R_ROUTES}
        return {"image": IMAGE, "conda": release.conda}

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Register it through azure-ai-ml."""
        name, version = asset_of(resource.id)
        place = workspace_id(resource.id)
        if "files" in body:
            folder = f"groundplan/environments/{version}/"
            body = {**body, "context": await cloud.write_blobs(place, folder, body["files"])}
        return Begun(resource=await cloud.register_environment(place, name, version, body))
