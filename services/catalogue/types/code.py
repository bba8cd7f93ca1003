"""The registered code: the handler's files, as they were tested."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.catalogue.base import Begun, Cloud, Look, Resource, ResourceType
from services.catalogue.release_parts import ASSET_RULE, asset_id, asset_of, workspace_id
from services.config import Production, ProjectConfig
from services.release import Release


class Code(ResourceType):
    """https://learn.microsoft.com/rest/api/azureml/code-versions"""

    Settings = Production
    key = "code"
    label = "API handler"
    arm_type = "Microsoft.MachineLearningServices/workspaces/codes/versions"
    api_version = "2024-10-01"
    name_rule = ASSET_RULE
    docs = "https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints"
    pricing = "https://azure.microsoft.com/pricing/details/storage/blobs/"
    expected_s = 2.0
    look = Look("learning", "script")

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """One version for each content."""
        name = f"{release.model}-handler"
        yield self.resource(
            config, config[Production], name=f"{name}:{release.code_version}", body={"files": dict(release.files)},
            id=asset_id(config, "codes", name, release.code_version),
        )  # fmt: skip

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Write the files into the blob store, then a version that points at their folder."""
        _, version = asset_of(resource.id)
        folder = f"groundplan/code/{version}/"
        url = await cloud.write_blobs(workspace_id(resource.id), folder, body["files"])
        wire = {
            "properties": {"codeUri": url, "isAnonymous": False, "description": "Groundplan's API handler"}
        }
        return await cloud.begin_put(resource.id, resource.api_version, wire)

    async def delete(self, cloud: Cloud, resource: Resource, purge: bool) -> Begun:
        """Remove the version and its files."""
        _, version = asset_of(resource.id)
        await cloud.delete_blob(workspace_id(resource.id), f"groundplan/code/{version}/")
        return await super().delete(cloud, resource, purge)
