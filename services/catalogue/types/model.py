"""The registered model: a version that points at the file, by the file's own hash."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.catalogue.base import Begun, Cloud, Look, Resource, ResourceType
from services.catalogue.release_parts import (
    ASSET_RULE,
    asset_id,
    asset_of,
    model_path,
    store_uri,
    workspace_id,
)
from services.config import Production, ProjectConfig
from services.release import Release


class Model(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/concept-model-management-and-deployment"""

    Settings = Production
    key = "model"
    label = "Model"
    arm_type = "Microsoft.MachineLearningServices/workspaces/models/versions"
    api_version = "2024-10-01"
    name_rule = ASSET_RULE
    docs = "https://learn.microsoft.com/azure/machine-learning/how-to-manage-models"
    pricing = "https://azure.microsoft.com/pricing/details/storage/blobs/"
    expected_s = 2.0
    look = Look("learning", "model")
    shows = ("properties.modelUri",)

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """One version for each content."""
        body = {
            "type": "custom_model",
            "path": store_uri(config, model_path(release)),
            "tags": {"groundplan-sha256": release.sha256, "groundplan-verdict": release.key[:12]},
        }
        yield self.resource(
            config, config[Production], name=f"{release.model}:{release.version}", body=body,
            id=asset_id(config, "models", release.model, release.version), depends_on=("model_file",),
        )  # fmt: skip

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Register it through azure-ai-ml; the file is there already."""
        name, version = asset_of(resource.id)
        return Begun(resource=await cloud.register_model(workspace_id(resource.id), name, version, body))
