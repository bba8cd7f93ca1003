"""What servers and databases have in common: their operations are told in the same words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from simulator import regions
from simulator.address import Address
from simulator.call import Call
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.operations import Operation, Style
from simulator.state import Resource
from simulator.world import World, timestamp


class SqlKind(Kind):
    """What servers and databases have in common: 202 with both poll addresses, and a body of their own."""

    noun: ClassVar[str] = ""
    create_status = update_status = delete_status = 202
    waits_after_end = True
    found_by_arm: ClassVar[bool] = False  # ARM's index knows it, so ARM answers the 404
    verbs: ClassVar[dict[str, str]] = {}

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return the style that this version was recorded with."""
        return as_recorded(super().style_of(call, action), call.api_version)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        return {"operation": self.verbs[action], "startTime": timestamp(operation.started)}

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as SQL does: always 200, with the error inside where it failed."""
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


def not_found(arm_type: str, address: Address) -> ArmError:
    """Make the 404 that SQL itself answers, other than ARM's."""
    message = f"The requested resource of type '{arm_type}' with name '{address.name}' was not found."
    return ArmError(404, "ResourceNotFound", message)


def style(noun: str, retry_after: int = 15) -> Style:
    """Return the style of answers with both poll addresses; recorded: 1 s after a write, 15 s after a deletion."""
    root = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Sql/locations/{location}"
    return Style(
        f"{root}/{noun}AzureAsyncOperation/{{id}}", f"{root}/{noun}OperationResults/{{id}}", retry_after
    )


def as_recorded(way: Style | None, version: str) -> Style | None:
    """Return a style without Retry-After for the previews of 2017 to 2022, which no recording shows with it.

    Their recorder is known to take that header out, so real ones may have had it; clients of today speak others.
    """
    if way is not None and "preview" in version and "2017-10" <= version < "2023":
        return replace(way, retry_after=None)
    return way


def old_place(call: Call, resource: Resource) -> str:
    """Return the region as 2014-04-01 writes it: "East US" of the server that a resource stands on."""
    server = call.state.get("/".join(resource.id.split("/")[:9]))
    return regions.display_name(server.location) if server else ""


def busy(noun: str, what: str) -> ArmError:
    """Make the 409 for a write on what is in the middle of an operation."""
    message = f"Operation on {what} is in progress.  Please wait a few minutes before trying again."
    return ArmError(409, f"Conflicting{noun}Operation", message)
