"""How a deployment goes, asked by polls, and what became of each of its resources.

https://learn.microsoft.com/rest/api/resources/deployment-operations
"""

from __future__ import annotations

from typing import Any

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, gateway
from simulator.providers.deployments.prepare import target
from simulator.providers.deployments.run import OPEN, duration
from simulator.state import Resource
from simulator.templates.hashing import hash64
from simulator.world import timestamp

#: Seconds that a client waits between two polls; without it az waits for 30.
WAIT = "1"


_FAILED = {403: "Forbidden", 404: "NotFound", 409: "Conflict"}


class Below(Child):
    """Something below a deployment that can only be read."""

    def parent_of(self, call: Call) -> Resource:
        """Return the deployment, or raise its 404."""
        found = call.state.get(
            call.address.parent.path if call.address.is_item else call.address.without_action.path
        )
        if found is None:
            raise not_found(call.address)
        return found

    def put(self, call: Call) -> Reply:
        """Refuse: only deployments themselves are written."""
        message = f"The requested resource does not support http method '{call.method}'."
        raise gateway(405, "MethodNotAllowed", message, headers={"Allow": "GET"})

    patch = delete = put


class OperationStatus(Below):
    """The poll address of a deployment."""

    arm_type = "Microsoft.Resources/deployments/operationStatuses"

    def get(self, call: Call) -> Reply:
        """Answer how far it is."""
        deployment = self.parent_of(call)
        if deployment.state in OPEN:
            return Reply(200, {"status": deployment.state}, {"Retry-After": WAIT})
        error = deployment.body["properties"].get("error")
        return Reply(200, {"status": deployment.state, **({"error": error} if error else {})})


class DeploymentOperation(Below):
    """What became of one resource of a deployment."""

    arm_type = "Microsoft.Resources/deployments/operations"

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List what has begun, with the evaluation of outputs at the end."""
        deployment = self.parent_of(call)
        found = [_view(deployment, step) for step in deployment.hidden["steps"] if step["state"] != "Waiting"]
        return [*found, _last(deployment)] if deployment.state == "Succeeded" else found

    def get(self, call: Call) -> Reply:
        """Answer one of them."""
        wanted, deployment = call.address.name.lower(), self.parent_of(call)
        every = [*(_view(deployment, step) for step in deployment.hidden["steps"]), _last(deployment)]
        for one in every:
            # Recorded numbers are the service's own: an old one finds the first resource.
            if one["operationId"].lower() == wanted:
                return Reply(200, one)
        message = f"Deployment operation '{call.address.name}' could not be found."
        raise gateway(404, "DeploymentOperationNotFound", message)


def not_found(address: Address) -> ArmError:
    """Make the 404 for a deployment."""
    name = address.names[0] if address.names else ""
    return gateway(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")


def _view(deployment: Resource, step: dict[str, Any]) -> dict[str, Any]:
    number = f"{hash64((deployment.id + step['id']).lower().encode()):016X}"
    began = step.get("started") or deployment.created
    failed = step["state"] == "Failed"
    properties: dict[str, Any] = {
        "provisioningOperation": "Read" if step["existing"] else "Create",
        "provisioningState": step["state"],
        "timestamp": timestamp(step.get("ends") or began),
        "duration": duration((step.get("ends") or began) - began),
        "trackingId": _number(number),
        "serviceRequestId": _number(number[::-1]),
        "statusCode": {201: "Created", 202: "Accepted"}.get(step.get("status", 200), "OK")
        if not failed
        else "BadRequest",
        "targetResource": target(step["id"], step["type"], step["name"]),
    }
    if failed:
        properties["statusCode"] = {403: "Forbidden", 404: "NotFound", 409: "Conflict"}.get(
            step.get("status", 400), "BadRequest"
        )
        properties["statusMessage"] = {"status": "Failed", "error": step["error"]}
    return {"id": f"{deployment.id}/operations/{number}", "operationId": number, "properties": properties}


def _last(deployment: Resource) -> dict[str, Any]:
    number = str(hash64(deployment.id.lower().encode()))[:20].rjust(20, "0")
    ended = deployment.hidden.get("ended", deployment.created)
    properties = {
        "provisioningOperation": "EvaluateDeploymentOutput",
        "provisioningState": "Succeeded",
        "timestamp": timestamp(ended),
        "duration": duration(0.1),
        "trackingId": _number(number),
        "statusCode": "OK",
        "statusMessage": None,
    }
    return {"id": f"{deployment.id}/operations/{number}", "operationId": number, "properties": properties}


def _number(text: str) -> str:
    digits = f"{hash64(text.encode()):016x}{hash64(text[::-1].encode()):016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
