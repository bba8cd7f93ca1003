"""Computes of a workspace: clusters and instances, as ARM resources; no machine is ever started.

https://learn.microsoft.com/rest/api/azureml/compute
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from simulator import operations
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.operations import Operation, Style
from simulator.providers.machinelearning import shared, sizes
from simulator.providers.machinelearning.shared import ROOT, user_error
from simulator.schema import Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp

_NAME = r"[a-zA-Z](?![a-zA-Z0-9-]*-\d+$)[a-zA-Z0-9\-]{2,23}"
_STYLE = Style(f"{ROOT}/computeOperationsStatus/{{id}}")


class ComputeProperties(Wire):
    """A compute's kind and settings."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    computeType: Literal[
        "AmlCompute", "ComputeInstance", "Kubernetes", "VirtualMachine", "HDInsight", "Databricks"
    ]
    properties: dict[str, Any] | None = None
    resourceId: str | None = None


class ComputeBody(Tracked):
    """What a PUT on a compute may say."""

    identity: dict[str, Any] | None = None
    sku: dict[str, Any] | None = None
    properties: ComputeProperties


class Compute(Kind):
    """A compute."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/computes"
    body = ComputeBody
    deletion_rank = 1
    seconds = 30
    update_seconds = 10
    delete_seconds = 30
    create_status = 201
    delete_status = 202
    create_style = update_style = _STYLE
    delete_style = Style(f"{ROOT}/computeOperationsStatus/{{id}}", f"{ROOT}/computeOperationResults/{{id}}")
    actions: ClassVar[dict[str, str]] = {
        "start": "start",
        "stop": "stop",
        "restart": "start",
        "listnodes": "list_nodes",
        "listkeys": "list_keys",
    }

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        shared.check_name(call, name, "compute", _NAME)

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse unknown sizes; a quota that is too small is found when the work is done."""
        inner = body.properties.properties or {}
        if body.properties.computeType not in {"AmlCompute", "ComputeInstance"}:
            return None
        name = str(inner.get("vmSize") or "")
        size = sizes.BY_NAME.get(name.lower())
        if size is None:
            message = f"The specified VM size '{name}' is not supported in this region."
            raise user_error(call, 400, message, "BadArgument", code="BadRequest")
        place = str(body.location or "").lower().replace(" ", "")
        most = sizes.limit(call.world, call.address.subscription, place, size.family)
        # A cluster takes cores only for the nodes that run: it fails when not even one would fit.
        if size.cores <= most - sizes.used(call, place, size.family, existing.id if existing else ""):
            return None
        message = (
            f"The specified subscription has a {size.family} vCPU quota of {most} and cannot accomodate for at least 1 "
            f"requested managed compute node which maps to {size.cores} vCPUs."
        )
        return ArmError(400, "ClusterMinNodesExceedCoreQuota", message)

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write in the middle of another."""
        message = f"The compute {resource.name} is in state {resource.state}; another operation is running."
        return user_error(call, 409, message, "Conflict", code="Conflict")

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer with the compute, and a deletion with nothing."""
        return None if action == "delete" else self.view(resource)

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll with the status."""
        body: dict[str, Any] = {"status": operation.state}
        if operation.error and operation.state == "Failed":
            body["error"] = operation.error
        return body

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add what Azure adds."""
        given, old = body["properties"], before.get("properties", {})
        inner, now = given.get("properties") or {}, timestamp(call.world.now())
        if given["computeType"] == "ComputeInstance":
            resource.hidden |= {"size": inner.get("vmSize", ""), "instances": 1}
            inner = {"state": "Running", "errors": [], "applications": [], **inner}
        elif given["computeType"] == "AmlCompute":
            scale = {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT120S"}
            nodes = dict.fromkeys(("idle", "running", "preparing", "unusable", "leaving", "preempted"), 0)
            inner = {
                "vmPriority": "Dedicated",
                "osType": "Linux",
                "remoteLoginPortPublicAccess": "NotSpecified",
                "allocationState": "Steady",
                "allocationStateTransitionTime": now,
                "errors": None,
                "currentNodeCount": 0,
                "targetNodeCount": 0,
                "nodeStateCounts": {f"{key}NodeCount": value for key, value in nodes.items()},
                "enableNodePublicIp": True,
                **inner,
                "scaleSettings": {**scale, **(inner.get("scaleSettings") or {})},
            }
        extra = {
            "description": None,
            "provisioningErrors": None,
            "isAttachedCompute": False,
            "disableLocalAuth": False,
        }
        times = {
            "createdOn": old.get("createdOn") or now,
            "modifiedOn": now,
            "computeLocation": body["location"],
        }
        body["properties"] = {**extra, **given, **times, "properties": inner}
        if "identity" in body:
            body["identity"] = call.world.identity(body["identity"], resource.id)

    def get(self, call: Call) -> Reply:
        """Answer one; recorded: the 404 of a compute has no body."""
        workspace = call.address.parent.path
        if call.state.get(call.address.path) is None and call.state.get(workspace) is not None:
            return Reply(404)
        return super().get(call)

    def missing(self, address: Address) -> ArmError:
        """Return the 404 for whatever else than a GET."""
        return user_error(
            None, 404, f"Compute {address.name} was not found.", "NotFoundError", code="ComputeNotFound"
        )

    def start(self, call: Call, resource: Resource) -> Reply:
        """Start an instance."""
        return self._turn(call, resource, "Running")

    def stop(self, call: Call, resource: Resource) -> Reply:
        """Stop an instance."""
        return self._turn(call, resource, "Stopped")

    def list_nodes(self, call: Call, resource: Resource) -> Reply:
        """Answer the nodes that run: none."""
        return Reply(200, {"nodes": [], "nextLink": None})

    def list_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer what opens the compute: nothing has to."""
        return Reply(200, {"computeType": resource.body["properties"]["computeType"]})

    def _turn(self, call: Call, resource: Resource, state: str) -> Reply:
        if resource.body["properties"]["computeType"] != "ComputeInstance":
            raise user_error(call, 400, "Only compute instances can be started and stopped.", "BadArgument")
        resource.body["properties"]["properties"]["state"] = state
        resource.hidden["instances"] = 1 if state == "Running" else 0
        call.state.put(resource)
        operation = operations.begin(call.world, resource, "update", self.update_seconds, _STYLE)
        return Reply(202, None, operations.headers(call.world, operation, _STYLE, call.api_version))
