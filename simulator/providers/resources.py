"""Resource groups: the one type without a provider in its path, and the one whose deletion takes all with it.

https://learn.microsoft.com/rest/api/resources/resource-groups
"""

from __future__ import annotations

from typing import Any

from simulator import operations, regions
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError, gateway, group_not_found
from simulator.gatehouse import given_location, require_group
from simulator.kinds import Kind, kind_of, matches
from simulator.operations import Operation, Style
from simulator.providers import groupwork
from simulator.schema import Tracked
from simulator.state import Resource
from simulator.world import World


class ResourceGroupBody(Tracked):
    """What a resource group may say."""

    managedBy: str | None = None
    properties: dict[str, Any] | None = None


class ResourceGroup(Kind):
    """A resource group."""

    arm_type = "Microsoft.Resources/resourceGroups"
    body = ResourceGroupBody
    api_versions = ("2014-04-01", "2026-12-31")
    seconds = 3
    update_seconds = 1
    create_status = 201
    delete_status = 202
    delete_style = Style(result="/subscriptions/{subscription}/operationresults/{id}", retry_after=15)

    def check_name(self, call: Call, name: str) -> None:
        """Refuse what the group's name rule does not allow."""
        if len(name) > 90:
            message = f"The provided resource group name '{name}' has a length of '{len(name)}' which exceeds the maximum"
            raise gateway(400, "InvalidResourceGroup", f"{message} length of '90'.")
        if not matches(r"[-\w\._\(\)]+", name) or name.endswith("."):
            message = f"The provided resource group name '{name}' has these invalid characters: the name can only be a"
            more = "letter, digit, '-', '.', '(', ')' or '_', and must not end with a period."
            raise gateway(400, "InvalidResourceGroup", f"{message} {more}")

    def require_container(self, call: Call) -> None:
        """Raise only when the group itself is being deleted: a new one needs no container."""
        if call.state.get(call.address.path) is not None:
            require_group(call, call.address, writing=True)

    def missing(self, address: Address) -> ArmError:
        """Return the 404 for a group that is not there."""
        return group_not_found(address.group)

    def canonical_id(self, call: Call) -> str:
        """Spell it ``resourceGroups``, however the client did: azure-ai-ml is strict about that."""
        return f"/subscriptions/{call.address.subscription}/resourceGroups/{call.address.group}"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Leave only what Azure shows of a group."""
        resource.name = body["name"] = resource.id.rsplit("/", 1)[1]
        body["properties"] = {}
        if manager := resource.request.get("managedBy"):
            body["managedBy"] = manager
        del body["systemData"]
        if not body["tags"]:
            del body["tags"]

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer with no body."""
        return None

    def delete(self, call: Call) -> Reply:
        """Accept the deletion; what stands in the group goes first, in waves of its own."""
        group = self.require(call)
        if group.state == "Deleting":
            running = operations.running(call.world, group.id)
            style = self.delete_style or Style()
            known = operations.headers(call.world, running, style, call.api_version) if running else {}
            return Reply(202, None, known)
        seconds = _delete_contents(call, group)
        group.state = "Deleting"
        call.state.put(group)
        style = self.delete_style or Style()
        operation = operations.begin(call.world, group, "delete", seconds, style)
        return Reply(202, None, operations.headers(call.world, operation, style, call.api_version))

    def finish(self, world: World, operation: Operation) -> None:
        """Bring about the end of a deletion, or of work on what stands in the group."""
        if operation.action in groupwork.WORK:
            groupwork.finish(world, operation)
        else:
            super().finish(world, operation)

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Answer a poll at whose end there is no group to show."""
        if operation.action in groupwork.WORK:
            return groupwork.result(call, operation)
        return super().gone(call, operation)

    def check_region(self, call: Call, existing: Resource | None) -> None:
        """Refuse a region that is none, or another than before."""
        given = given_location(call)
        location = regions.normal(given)
        if location not in regions.BY_NAME and location not in regions.CANARIES:
            message = f"The provided location '{given}' is not available for resource group. List of available regions is"
            known = ",".join(region.name for region in regions.REGIONS)
            raise gateway(400, "LocationNotAvailableForResourceGroup", f"{message} '{known}'.")
        if existing is not None and existing.location != location:
            message = (
                f"Invalid resource group location '{location}'. The Resource group already exists in location"
            )
            raise gateway(409, "InvalidResourceGroupLocation", f"{message} '{existing.location}'.")


def group_address(address: Address) -> bool:
    """Tell whether a path addresses a resource group itself."""
    return bool(address.group) and not address.namespace and not address.parts


def _delete_contents(call: Call, group: Resource) -> float:
    """Begin the deletion of everything in the group and return how long it takes, in seconds at pace 1."""
    waves: dict[int, list[Resource]] = {}
    for resource in call.state.under(group.id):
        kind = kind_of(resource.type)
        waves.setdefault(kind.deletion_rank if kind else 9, []).append(resource)
    after = 0.0
    for rank in sorted(waves):
        kinds = [kind_of(resource.type) for resource in waves[rank]]
        longest = max((kind.delete_seconds for kind in kinds if kind), default=0.0)
        after += longest
        for resource in waves[rank]:
            resource.state = "Deleting"
            call.state.put(resource)
            operations.begin(call.world, resource, "delete", after)
    return after + ResourceGroup.delete_seconds
