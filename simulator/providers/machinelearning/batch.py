"""Batch endpoints and their deployments, as ARM resources: they are kept, and no job ever runs.

https://learn.microsoft.com/rest/api/azureml/batch-endpoints
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.children import Free
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.operations import Operation
from simulator.providers.machinelearning import shared
from simulator.providers.machinelearning.shared import operation_style, user_error
from simulator.state import Resource

_MODES = {"key": "Key", "amltoken": "AMLToken", "aadtoken": "AADToken"}


class Batch(Kind):
    """What batch endpoints and their deployments have in common."""

    body = Free
    create_status = 201
    delete_status = 202
    deletion_rank = 1
    seconds = 12
    update_seconds = 5
    delete_seconds = 10

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer with the resource, and a deletion with nothing."""
        return None if action == "delete" else self.view(resource)

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as the management front end does."""
        return shared.status_body(operation)

    def extra(self, call: Call, resource: Resource, mark: str) -> dict[str, str]:
        """Return the properties that the service adds to those of the user."""
        endpoint = (
            resource.id.split("/deployments/")[0].lower().replace("/batchendpoints/", "/onlineendpoints/")
        )
        root = shared.ROOT.format(subscription=call.address.subscription, location=resource.location)
        address = f"{call.world.endpoint}{root}/mfeOperationsStatus/{mark}:{resource.name}?api-version={call.api_version}"
        return {"azureml.onlineendpointid": endpoint, "AzureAsyncOperationUri": address}

    def missing(self, address: Address) -> ArmError:
        """Return the 404 of an endpoint or a deployment."""
        what = "deployment" if len(address.names) > 2 else "endpoint"
        message = f"There is no {what} with name: {address.name} in {address.names[-2]}"
        detail = {
            "code": f"NoSuch{what.capitalize()}",
            "message": message,
            "details": [],
            "additionalInfo": [],
        }
        return user_error(
            None, 404, "The specified resource was not found.", code="NotFound", details=[detail]
        )


class BatchEndpoint(Batch):
    """A batch endpoint."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/batchEndpoints"
    create_style = update_style = operation_style("be", at_resource=True)
    delete_style = operation_style("be")
    actions: ClassVar[dict[str, str]] = {"listkeys": "list_keys"}

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse an unknown way to authenticate."""
        mode = str((body.properties or {}).get("authMode", ""))
        if mode.lower() not in _MODES:
            raise user_error(call, 400, f"'{mode}' is not a valid authMode.", "BadArgument")
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the address."""
        given, place = body["properties"], body["location"]
        extra = {"BatchEndpointCreationApiVersion": call.api_version, **self.extra(call, resource, "be")}
        body["properties"] = {
            "description": None,
            "swaggerUri": None,
            "defaults": {"deploymentName": None},
            **given,
            "properties": {**(given.get("properties") or {}), **extra},
            "authMode": _MODES[given["authMode"].lower()],
            "scoringUri": f"https://{resource.name}.{place}.inference.ml.azure.com/jobs",
        }
        identity = {
            "type": "None",
            "principalId": call.world.fixed_id(resource.key),
            "tenantId": call.world.tenant_id,
        }
        body.setdefault("identity", identity)

    def view(self, resource: Resource) -> dict[str, Any]:
        """Show no address before there is one."""
        body = super().view(resource)
        if resource.state == "Creating":
            body["properties"]["scoringUri"] = None
        return body

    def list_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer both keys."""
        keys = {
            f"{which}Key": call.world.fixed_id(f"{resource.key}/{which}")
            for which in ("primary", "secondary")
        }
        return Reply(200, keys)


class BatchDeployment(Batch):
    """A deployment of a batch endpoint."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments"
    creating = "Updating"
    create_style = update_style = operation_style("bd", at_resource=True)
    delete_style = operation_style("bd")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a deployment of nothing."""
        if (body.properties or {}).get("model") or (body.properties or {}).get("deploymentConfiguration"):
            return None
        wrong = {
            "PropertyName": "ModelConfiguration.ModelReference",
            "ErrorMessage": "'Model Reference' must not be empty.",
            "ErrorCode": "ArgumentNullOrEmpty",
        }
        text = json.dumps([wrong], indent=2)
        message = "The Deployment request provided has the following validation errors. Please resolve them and try again."
        raise user_error(call, 400, f"{message}\nErrors:\n{text}\n", "BadArgument")

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults."""
        given = body["properties"]
        resources = {"instanceCount": 1, "instanceType": None, "properties": None}
        body["properties"] = {
            "description": None,
            "environmentVariables": {},
            "errorThreshold": -1,
            "retrySettings": {"maxRetries": 3, "timeout": "PT30S"},
            "miniBatchSize": 10,
            "maxConcurrencyPerInstance": 1,
            "outputAction": "AppendRow",
            "outputFileName": "predictions.csv",
            **given,
            "loggingLevel": str(given.get("loggingLevel", "Info")).capitalize(),
            "properties": {**(given.get("properties") or {}), **self.extra(call, resource, "bd")},
            "resources": {
                **resources,
                **{key: value for key, value in (given.get("resources") or {}).items() if value},
            },
        }
