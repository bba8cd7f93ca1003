"""The online deployment: the model, the handler and the environment on machines of their own."""

from collections.abc import Iterable
from typing import Any

from services.catalogue.base import Look, Resource, ResourceType, tags
from services.catalogue.release_parts import asset_id, endpoint_id
from services.config import DEPLOYMENT, Production, ProjectConfig
from services.release import Release


class OnlineDeployment(ResourceType):
    """https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online"""

    Settings = Production
    key = "online_deployment"
    label = "Online deployment"
    arm_type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    api_version = "2024-10-01"
    name_rule = DEPLOYMENT
    docs = "https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online"
    pricing = "https://azure.microsoft.com/pricing/details/machine-learning/"
    expected_s = 420.0
    look = Look("production", "online-deployment")
    shows = ("properties.instanceType", "sku.capacity")

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """One for each colour; it gets no traffic before the smoke test has passed."""
        yield self.resource(
            config, config[Production], name=release.deployment, body=self.body(config, release),
            id=f"{endpoint_id(config, release.endpoint)}/deployments/{release.deployment}",
            depends_on=("online_endpoint", "model", "environment", "code"), sku=release.instance_type,
        )  # fmt: skip

    def body(self, config: ProjectConfig, release: Release) -> dict[str, Any]:
        """Everything by the ID of an exact version; probes and times as the test on this machine measured them."""
        probe = {
            "initialDelay": f"PT{release.initial_delay_s}S",
            "period": f"PT{release.period_s}S",
            "timeout": f"PT{release.probe_timeout_s}S",
            "failureThreshold": release.failures,
            "successThreshold": 1,
        }
        properties: dict[str, Any] = {
            "endpointComputeType": "Managed",
            "model": asset_id(config, "models", release.model, release.version),
            "environmentId": asset_id(
                config, "environments", f"{release.model}-env", release.environment_version
            ),
            "instanceType": release.instance_type,
            "environmentVariables": dict(release.variables),
            "appInsightsEnabled": True,
            "scaleSettings": {"scaleType": "Default"},
            "requestSettings": {
                "requestTimeout": _milliseconds(release.timeout_ms),
                "maxConcurrentRequestsPerInstance": release.concurrency,
            },
            "livenessProbe": probe,
            "readinessProbe": probe,
            "egressPublicNetworkAccess": "Enabled",
        }
        if release.language == "python":
            code = asset_id(config, "codes", f"{release.model}-handler", release.code_version)
            properties["codeConfiguration"] = {"codeId": code, "scoringScript": release.entry}
        return {
            "location": config.location,
            "tags": tags(config),
            "kind": "Managed",
            "sku": {"name": "Default", "tier": "Standard", "capacity": release.instance_count},
            "properties": properties,
        }


def _milliseconds(ms: int) -> str:
    """A duration as ISO 8601 writes it."""
    return f"PT{ms / 1000:g}S"
