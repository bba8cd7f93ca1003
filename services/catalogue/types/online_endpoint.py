"""The online endpoint: the address that programs ask, with its keys."""

from collections.abc import Iterable
from typing import Any

from services.catalogue.base import Look, Resource, ResourceType, tags
from services.catalogue.release_parts import endpoint_id
from services.config import ENDPOINT, Production, ProjectConfig
from services.release import Release


class OnlineEndpoint(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online"""

    Settings = Production
    key = "online_endpoint"
    label = "Online endpoint"
    arm_type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    api_version = "2024-10-01"
    name_rule = ENDPOINT
    docs = "https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints"
    pricing = "https://azure.microsoft.com/pricing/details/machine-learning/"
    expected_s = 60.0
    look = Look("production", "online-endpoint")
    shows = ("properties.scoringUri", "properties.swaggerUri", "identity.principalId")

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """One, which every further deployment shares; its traffic is a step of its own."""
        yield self.resource(
            config, config[Production], name=release.endpoint, body=self.body(config),
            id=endpoint_id(config, release.endpoint),
        )  # fmt: skip

    def body(self, config: ProjectConfig) -> dict[str, Any]:
        """Keys for authentication, an identity of its own."""
        return {
            "location": config.location,
            "tags": tags(config),
            "kind": "Managed",
            "identity": {"type": "SystemAssigned"},
            "properties": {"authMode": "Key", "publicNetworkAccess": "Enabled"},
        }
