"""What is done with a resource group as a whole: its template is exported, its resources move to another group.

https://learn.microsoft.com/rest/api/resources/resource-groups/export-template
https://learn.microsoft.com/rest/api/resources/resources/move-resources
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from simulator import operations
from simulator.address import parse
from simulator.call import Call, Reply
from simulator.errors import ArmError, gateway, group_not_found, invalid_content, resource_not_found
from simulator.gatehouse import require_group
from simulator.kinds import kind_of
from simulator.operations import Operation, Style
from simulator.providers.grouptemplate import template_of
from simulator.state import Resource
from simulator.world import World

GROUPS = "microsoft.resources/resourcegroups"
EXPORTS = "exported templates"
MOVES = "moves between groups"
_STYLE = Style(result="/subscriptions/{subscription}/operationresults/{id}", retry_after=15)


def finish(world: World, operation: Operation) -> None:
    """Bring about what the work on a group has been about: only a move has anything left to do."""
    move = world.state.note(MOVES, operation.id)
    if operation.action == "move" and move is not None:
        _move(world, move["resources"], move["target"])


def result(call: Call, operation: Operation) -> Reply:
    """Answer an export with its template, everything else with nothing."""
    found = call.state.note(EXPORTS, operation.id)
    return Reply(200, found) if found is not None else Reply(204)


def export_template(call: Call, group: Resource) -> Reply:
    """Answer the template of what stands in the group: at once where that is nothing, or by an old version."""
    asked = call.body if isinstance(call.body, dict) else {}
    wanted = asked.get("resources", ["*"])
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        raise invalid_content("Error converting value at 'resources': it must be a list of resource IDs")
    every, ids = "*" in wanted, {one.lower().rstrip("/") for one in wanted}
    standing = [one for one in call.state.under(group.id) if every or one.key in ids]
    template = template_of(standing, str(asked.get("options") or ""))
    # Recorded: 2020-06-01 answers at once; later versions poll, unless there is nothing to export.
    if call.api_version < "2021" or not template["resources"]:
        return Reply(200, {"template": template})
    reply, operation = _begin(call, group, "export", 2)
    call.state.set_note(EXPORTS, operation.id, {"template": template})
    return reply


def move_resources(call: Call, group: Resource) -> Reply:
    """Begin a move; the resources stand in their new group when the operation ends."""
    resources, target = _asked_move(call, group)
    reply, operation = _begin(call, group, "move", 30)
    call.state.set_note(MOVES, operation.id, {"resources": [one.id for one in resources], "target": target})
    return reply


def validate_move(call: Call, group: Resource) -> Reply:
    """Tell whether a move could be made."""
    _asked_move(call, group)
    return _begin(call, group, "validatemove", 15)[0]


#: What can be done with a group, by the action's name in lower case.
ACTIONS: dict[str, Callable[[Call, Resource], Reply]] = {
    "exporttemplate": export_template,
    "moveresources": move_resources,
    "validatemoveresources": validate_move,
}
#: What an operation on a group is called when it is work on a whole group.
WORK = frozenset({"export", "move", "validatemove"})


def group_action(call: Call, name: str) -> Reply | None:
    """Run an action on the addressed group; None when there is none of that name."""
    action = ACTIONS.get(name.lower())
    if action is None or call.method != "POST":
        return None
    group = require_group(call, call.address, writing=name.lower() == "moveresources")
    return action(call, group) if group is not None else None


def _begin(call: Call, group: Resource, action: str, seconds: float) -> tuple[Reply, Operation]:
    ghost = Resource(f"{group.id}/{action}", GROUPS, action, "", {})
    operation = operations.begin(call.world, ghost, action, seconds, _STYLE)
    return Reply(202, None, operations.headers(call.world, operation, _STYLE, call.api_version)), operation


def _asked_move(call: Call, group: Resource) -> tuple[list[Resource], str]:
    """Return what is to move, and the ID of the group that it moves to.

    Raises:
        ArmError: whatever ARM refuses before it begins.
    """
    asked = call.body if isinstance(call.body, dict) else {}
    ids, target = asked.get("resources"), asked.get("targetResourceGroup")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise invalid_content("Required property 'resources' not found in JSON. Path ''")
    if not isinstance(target, str):
        raise invalid_content("Required property 'targetResourceGroup' not found in JSON. Path ''")
    there = call.state.get(target)
    if there is None or there.type != GROUPS:
        raise group_not_found(target.rstrip("/").rsplit("/", 1)[-1])
    if there.key == group.key:
        message = "The source and target resource groups of a move must differ."
        raise gateway(400, "InvalidMoveResourcesRequest", message)
    return [_movable(call, group, one) for one in ids], there.id


def _movable(call: Call, group: Resource, wanted: str) -> Resource:
    found, address = call.state.get(wanted), parse(wanted)
    if not wanted.lower().startswith(group.key + "/providers/"):
        message = f"The resource '{wanted}' does not stand in the resource group '{group.name}'."
        raise gateway(400, "InvalidMoveResourcesRequest", message)
    if found is None:
        raise resource_not_found("/".join((address.namespace, *address.parts)), address.group)
    kind = kind_of(found.type)
    if len(address.names) > 1 or kind is None or not kind.regional:
        message = (
            f"Resource move is not supported for resource types '{kind.arm_type if kind else found.type}'."
        )
        raise gateway(409, "ResourceMoveNotSupported", message)
    if operations.running(call.world, found.id) is not None:
        message = "The move resources request contains resources which are in an invalid state."
        raise ArmError(409, "MoveResourcesHaveInvalidState", message)
    return found


def _move(world: World, ids: list[str], target: str) -> None:
    """Give resources, and all that stands under them, the IDs that they have in their new group."""
    for old in ids:
        if (top := world.state.get(old)) is None or world.state.get(target) is None:
            continue
        new = f"{target}/providers/{top.id.split('/providers/', 1)[1]}"
        everything = [top, *world.state.under(top.id)]
        world.state.remove(top.id)
        for resource in everything:
            world.state.put(_renamed(resource, top.id, new))


def _renamed(resource: Resource, old: str, new: str) -> Resource:
    pattern = re.compile(re.escape(old) + r'(?=["/])', re.IGNORECASE)
    parts = (resource.body, resource.request, resource.hidden)
    body, request, hidden = (json.loads(pattern.sub(new, json.dumps(part))) for part in parts)
    place = new + resource.id[len(old) :]
    hidden.setdefault("first stood at", resource.key)
    return Resource(
        place, resource.type, resource.name, resource.state, body, request, hidden, created=resource.created
    )
