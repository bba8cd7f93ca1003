"""Online deployments: which model runs how, on which machines, and whether the quota allows it.

A write only says what is wanted: the fleet (``simulator.scoring``) brings the container up and lets the operation end.
https://learn.microsoft.com/rest/api/azureml/online-deployments
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from simulator import regions
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError, parent_not_found
from simulator.providers.machinelearning import shared, sizes
from simulator.providers.machinelearning.endpoints import NAME_RULE, EndpointKind
from simulator.providers.machinelearning.shared import user_error
from simulator.schema import Tracked, Wire
from simulator.scoring.logs import journal_of
from simulator.scoring.spec import spec_of, write_spec
from simulator.state import Resource

LARGEST = 20  # deployments of an endpoint, and instances of a deployment


class DeploymentProperties(Wire):
    """An online deployment's settings; probes and the like are kept as they are."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    endpointComputeType: Literal["Managed", "Kubernetes", "AzureMLCompute"]
    model: str | None = None
    environmentId: str | None = None
    codeConfiguration: dict[str, Any] | None = None
    instanceType: str | None = None


class DeploymentBody(Tracked):
    """What a PUT on an online deployment may say."""

    kind: str | None = None
    sku: dict[str, Any] | None = None
    identity: dict[str, Any] | None = None
    properties: DeploymentProperties


class OnlineDeployment(EndpointKind):
    """An online deployment."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    mark = "od"
    body = DeploymentBody
    seconds = 420
    update_seconds = 120
    delete_seconds = 60
    held = True
    actions: ClassVar[dict[str, str]] = {"getlogs": "get_logs", "GET skus": "skus"}

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name, and one deployment too many."""
        shared.check_name(call, name, "deployment", NAME_RULE)
        if len(call.state.under(call.address.parent.path, self.arm_type)) >= LARGEST:
            message = f"An endpoint may have at most {LARGEST} deployments."
            raise user_error(call, 400, message, "BadArgument")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse what names assets that are not there, unknown sizes, and more cores than the quota has."""
        given, count = body.properties, _instances(body.sku)
        if given.endpointComputeType != "Managed":
            message = f"The rehearsal has no {given.endpointComputeType} deployments."
            raise user_error(call, 400, message, "BadArgument")
        code = (given.codeConfiguration or {}).get("codeId")
        named = {"model": given.model, "environment": given.environmentId, "code": code}
        for what, asset in named.items():
            if asset and asset.lower().startswith("/subscriptions/") and call.state.get(asset) is None:
                raise user_error(
                    call, 404, f"The {what} '{asset}' of the deployment was not found.", "NotFoundError"
                )
        size = sizes.BY_NAME.get((given.instanceType or "Standard_DS3_v2").lower())
        if size is None:
            message = f"The VM size {given.instanceType} is not supported for online deployments."
            raise user_error(call, 400, message, "BadArgument")
        if not 1 <= count <= LARGEST:
            message = f"The instance count must be between 1 and {LARGEST}, it is {count}."
            raise user_error(call, 400, message, "BadArgument")
        _check_quota(call, body, size, count, existing)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults."""
        given, count = body["properties"], _instances(body.get("sku"))
        size = given.get("instanceType") or "Standard_DS3_v2"
        resource.hidden |= {"size": size, "instances": -(-count * 6 // 5)}
        endpoint = resource.id.rsplit("/deployments/", 1)[0]
        extra = {
            "azureml.onlineendpointid": endpoint.lower(),
            "azureml.onlinedeploymentid": resource.id.lower(),
        }
        probe = {"period": "PT10S", "initialDelay": "PT10S", "timeout": "PT2S", "failureThreshold": 30}
        probe["successThreshold"] = 1
        body["properties"] = {
            "description": None,
            "codeConfiguration": None,
            "environmentId": None,
            "environmentVariables": {},
            "appInsightsEnabled": False,
            "scaleSettings": {"scaleType": "Default"},
            "requestSettings": {
                "requestTimeout": "PT5S",
                "maxConcurrentRequestsPerInstance": 1,
                "maxQueueWait": "PT0.5S",
            },
            "livenessProbe": probe,
            "readinessProbe": probe,
            "egressPublicNetworkAccess": "Enabled",
            "modelMountPath": None,
            **{key: value for key, value in given.items() if value is not None},
            "instanceType": size,
            "properties": {**(given.get("properties") or {}), **extra},
        }
        body["sku"] = {"name": "Default", "tier": "Standard", **(body.get("sku") or {}), "capacity": count}
        body["kind"] = body.get("kind") or "Managed"
        machine = sizes.BY_NAME[size.lower()]
        spec = spec_of(call.state, resource.id, body["properties"], machine.memory_gb, machine.cores)
        resource.hidden["spec"] = write_spec(spec)

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the 404 of the endpoint."""
        if call.state.get(address.parent.path) is None:
            raise parent_not_found(action, address.type_path, address.parent.path)

    def delete(self, call: Call) -> Reply:
        """Delete; not while it gets traffic."""
        endpoint = call.state.get(call.address.parent.path)
        shares = endpoint.body["properties"]["traffic"] if endpoint else {}
        if shares.get(call.address.name, 0) > 0 and call.state.get(call.address.path) is not None:
            message = f"Cannot delete deployment '{call.address.name}': it gets {shares[call.address.name]}% of the traffic."
            raise user_error(call, 400, message, "BadArgument")
        return super().delete(call)

    def missing(self, address: Address) -> ArmError:
        """Return the 404 of a deployment."""
        message = f"There is no deployment with name: {address.name} in endpoint {address.names[1]}"
        detail = {"code": "NoSuchDeployment", "message": message, "details": [], "additionalInfo": []}
        return user_error(
            None, 404, "The specified resource was not found.", code="NotFound", details=[detail]
        )

    def get_logs(self, call: Call, resource: Resource) -> Reply:
        """Answer the log of one of the containers: the inference server, or what mounted the files."""
        asked = call.body if isinstance(call.body, dict) else {}
        container, tail = asked.get("containerType") or "InferenceServer", asked.get("tail")
        if container not in {"InferenceServer", "StorageInitializer"}:
            message = f"There is no container of type '{container}': InferenceServer or StorageInitializer."
            raise user_error(call, 400, message, "BadArgument")
        count = tail if isinstance(tail, int) and tail > 0 else 0
        return Reply(200, {"content": journal_of(call.world.folder, resource).read(container, count)})

    def skus(self, call: Call, resource: Resource) -> Reply:
        """Answer how far the deployment can be scaled."""
        capacity = {"minimum": 1, "maximum": LARGEST, "default": 1, "scaleType": "Automatic"}
        kind = "Microsoft.MachineLearningServices/endpoints/deployments"
        return Reply(
            200, {"value": [{"resourceType": kind, "sku": {"name": "Default"}, "capacity": capacity}]}
        )


def _instances(sku: dict[str, Any] | None) -> int:
    capacity = (sku or {}).get("capacity", 1)
    return capacity if isinstance(capacity, int) else 1


def _check_quota(
    call: Call, body: DeploymentBody, size: sizes.Size, count: int, existing: Resource | None
) -> None:
    location = regions.normal(body.location or "")
    subscription = call.address.subscription
    most = sizes.limit(call.world, subscription, location, size.family)
    now = sizes.used(call, location, size.family, existing.id if existing else "")
    more = sizes.needed(size, count)
    if now + more <= most:
        return
    text = (
        f"Not enough quota available for {size.name} in SubscriptionId {subscription}. Current usage/limit: {now}/{most}. "
        f"Additional needed: {more} Please see troubleshooting guide, available here: "
        "https://aka.ms/oe-tsg#error-outofquota"
    )
    inner = {
        "errors": {"VmSize": [text]},
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "status": 400,
    }
    detail = {"code": "InferencingClientCreateDeploymentFailed", "message": json.dumps(inner)}
    message = "The request is invalid."
    raise user_error(
        call, 400, message, code="BadRequest", details=[{**detail, "details": [], "additionalInfo": []}]
    )
