"""What servers and databases have in common: their operations are told in the same words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from simulator import operations, regions
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.operations import Operation, Style
from simulator.state import Resource
from simulator.world import World, timestamp

_ROOT = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Sql/locations/{location}"
OLDEST = "2014-04-01"  # the version with other words, other shapes and other addresses
#: Its poll addresses stand below the resource, not below the region.
OLD_STYLE = Style("{resource}/azureAsyncOperation/{id}", "{resource}/operationResults/{id}", 30)


class SqlKind(Kind):
    """What servers and databases have in common: 202 with both poll addresses, and a body of their own."""

    noun: ClassVar[str] = ""
    create_status = update_status = delete_status = 202
    waits_after_end = True
    found_by_arm: ClassVar[bool] = False  # ARM's index knows it, so ARM answers the 404
    verbs: ClassVar[dict[str, str]] = {}
    old_style: ClassVar[Style | None] = OLD_STYLE  # of a write in 2014-04-01, which deletes at once

    def status_of(self, call: Call, action: str) -> int:
        """Return 202 where there is an operation; 2014-04-01 does some at once."""
        if call.api_version != OLDEST or self.style_of(call, action):
            return super().status_of(call, action)
        return 201 if action == "create" else 200

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return the style that this version was recorded with."""
        if call.api_version == OLDEST:
            return None if action == "delete" else self.old_style
        return as_recorded(super().style_of(call, action), call.api_version)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        return accepted(call, self.verbs[action], operation)

    def result_status_of(self, operation: Operation) -> int:
        """Return 201 for what 2014-04-01 has made."""
        made = operation.action == "create" and operation.status_path.lower().startswith(operation.resource)
        return 201 if made else self.result_status

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as SQL does: always 200, with the error inside where it failed."""
        if operation.status_path.lower().startswith(operation.resource):
            error = operation.error if operation.state == "Failed" else None
            return {"operationId": operation.id, "status": operation.state, "error": error}
        body: dict[str, Any] = {"name": operation.id, "status": operation.state}
        body["startTime"] = timestamp(operation.started)
        if operation.error and operation.state == "Failed":
            body["error"] = operation.error
        return body

    def finish(self, world: World, operation: Operation) -> None:
        """Leave nothing behind of a creation that failed."""
        if operation.error and operation.action == "create":
            world.state.remove(operation.resource)
            return
        super().finish(world, operation)

    def missing(self, address: Address) -> ArmError:
        """Return the 404 of ARM's index for what stands in it, else SQL's own."""
        return super().missing(address) if self.found_by_arm else not_found(self.arm_type, address)


def accepted(call: Call, verb: str, operation: Operation) -> dict[str, Any]:
    """Return the body of an answer that accepts work."""
    started = timestamp(operation.started)
    if call.api_version == OLDEST:
        started = f"/Date({int(operation.started * 1000)}+0000)/"
    return {"operation": verb, "startTime": started}


def not_found(arm_type: str, address: Address) -> ArmError:
    """Make the 404 that SQL itself answers, other than ARM's."""
    message = f"The requested resource of type '{arm_type}' with name '{address.name}' was not found."
    return ArmError(404, "ResourceNotFound", message)


def style(noun: str, retry_after: int = 15) -> Style:
    """Return the style of answers with both poll addresses; recorded: 1 s after a write, 15 s after a deletion."""
    return Style(f"{_ROOT}/{noun}AzureAsyncOperation/{{id}}", result_style(noun).result, retry_after)


def result_style(noun: str, retry_after: int = 15) -> Style:
    """Return the style of answers with a Location alone."""
    return Style("", f"{_ROOT}/{noun}OperationResults/{{id}}", retry_after)


def as_recorded(way: Style | None, version: str) -> Style | None:
    """Return a style without Retry-After for the previews of 2017 to 2022, which no recording shows with it.

    Their recorder is known to take that header out, so real ones may have had it; clients of today speak others.
    """
    if way is not None and "preview" in version and "2017-10" <= version < "2023":
        return replace(way, retry_after=None)
    return way


def old_place(call: Call, resource: Resource) -> str:
    """Return the region as 2014-04-01 writes it: "East US" of the server that a resource stands on."""
    return place_of(call.world, resource.id)


def place_of(world: World, resource_id: str) -> str:
    """Return the region of the server that stands in an ID, in words: "East US"."""
    server = world.state.get(server_id(resource_id))
    return regions.display_name(server.location) if server else ""


def server_id(resource_id: str) -> str:
    """Return the ID of the server that a resource belongs to."""
    return "/".join(resource_id.split("/")[:9])


def begun(call: Call, resource: Resource, way: Style, verb: str, seconds: float = 5) -> Reply:
    """Begin what changes nothing that could be seen meanwhile, and answer that it is accepted."""
    operation = operations.begin(call.world, resource, verb, seconds, way)
    headers = operations.headers(call.world, operation, way, call.api_version)
    return Reply(202, accepted(call, verb, operation), headers)


def busy(noun: str, what: str) -> ArmError:
    """Make the 409 for a write on what is in the middle of an operation."""
    message = f"Operation on {what} is in progress.  Please wait a few minutes before trying again."
    return ArmError(409, f"Conflicting{noun}Operation", message)
