"""The model file in the workspace's blob store: brought there in blocks, so that a broken upload goes on where it was."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.catalogue.base import Begun, Cloud, Look, Resource, ResourceType, Say
from services.catalogue.release_parts import ASSET_RULE, blob_path, model_path, store_id, workspace_id
from services.config import Production, ProjectConfig
from services.release import Release


class ModelFile(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/concept-data#datastore"""

    Settings = Production
    key = "model_file"
    label = "Model file"
    arm_type = "Microsoft.MachineLearningServices/workspaces/datastores/paths"
    api_version = "2024-10-01"
    name_rule = ASSET_RULE
    docs = "https://learn.microsoft.com/azure/machine-learning/how-to-datastore"
    pricing = "https://azure.microsoft.com/pricing/details/storage/blobs/"
    expected_s = 5.0
    look = Look("data", "model")
    shows = ("size",)

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """The file under a name made of its content, so that the same file is brought once."""
        body = {
            "source": release.source,
            "metadata": {"sha256": release.sha256, "size": str(release.size)},
        }
        yield self.resource(
            config, config[Production], name=release.file_name, id=store_id(config, model_path(release)), body=body,
            expected_s=self.expected_s + release.size / 20e6,
        )  # fmt: skip

    async def find(self, cloud: Cloud, resource: Resource) -> Mapping[str, Any] | None:
        """The file, if it is there whole."""
        found = await cloud.blob(workspace_id(resource.id), blob_path(resource.id))
        wanted = resource.body.get("metadata")
        if found is None or (wanted and found["metadata"].get("sha256") != wanted["sha256"]):
            return None
        return found

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """The upload itself is what is followed: it may take long, and can be stopped."""
        return Begun(token="upload")

    async def follow(self, cloud: Cloud, resource: Resource, token: str, say: Say) -> Mapping[str, Any]:
        """Bring the blocks that are missing, then the list of them."""
        body = resource.body
        place = workspace_id(resource.id), blob_path(resource.id)
        return await cloud.upload(*place, body["source"], body["metadata"], say)

    async def delete(self, cloud: Cloud, resource: Resource, purge: bool) -> Begun:
        """Remove the file."""
        await cloud.delete_blob(workspace_id(resource.id), blob_path(resource.id))
        return Begun()
