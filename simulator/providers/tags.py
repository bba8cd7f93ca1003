"""Microsoft.Resources/tags: the tags of anything, read and changed by themselves.

https://learn.microsoft.com/rest/api/resources/tags
"""

from __future__ import annotations

from typing import Any, Literal

from simulator.address import Address, parse
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import resource_not_found
from simulator.gatehouse import require_group
from simulator.schema import Tracked, Wire, read
from simulator.state import Resource

TYPE = "Microsoft.Resources/tags"
SUBSCRIPTIONS = "tags of subscriptions"


class TagSet(Wire):
    """Some tags."""

    tags: dict[str, str] | None = None


class TagsPut(Tracked):
    """A PUT: these are all."""

    properties: TagSet


class TagsPatch(Tracked):
    """A PATCH: these are added, put in place of all, or taken away."""

    operation: Literal["Merge", "Replace", "Delete"]
    properties: TagSet


class Tags(Child):
    """The tags of a resource, a group or a subscription; nothing is stored but on what they belong to."""

    arm_type = TYPE

    def get(self, call: Call) -> Reply:
        """Answer the tags."""
        return Reply(200, _view(call, _tags(call)))

    def put(self, call: Call) -> Reply:
        """Set all tags."""
        return _write(call, read(TagsPut, call.body).properties.tags or {})

    def patch(self, call: Call) -> Reply:
        """Add, replace or take away."""
        asked, now = read(TagsPatch, call.body), _tags(call)
        given = asked.properties.tags or {}
        if asked.operation == "Merge":
            return _write(call, now | given)
        if asked.operation == "Replace":
            return _write(call, given)
        return _write(call, {key: value for key, value in now.items() if given.get(key) != value})

    def delete(self, call: Call) -> Reply:
        """Take all tags away."""
        _write(call, {})
        return Reply(200)

    def require(self, call: Call, address: Address | None = None) -> Resource:
        """Return what the tags belong to."""
        found = _owner(call)
        return found or Resource(call.address.scope, TYPE.lower(), "default", "Succeeded", {})


def _owner(call: Call) -> Resource | None:
    """Return the resource or group, None for a subscription; raise the 404 where there is nothing."""
    scope = parse(call.address.scope)
    require_group(call, scope)
    found = call.state.get(call.address.scope)
    if found is None and scope.namespace:
        raise resource_not_found("/".join((scope.namespace, *scope.parts)), scope.group)
    return found


def _tags(call: Call) -> dict[str, str]:
    owner = _owner(call)
    if owner is None:
        return dict(call.state.note(SUBSCRIPTIONS, call.address.scope) or {})
    return dict(owner.body.get("tags") or {})


def _write(call: Call, tags: dict[str, str]) -> Reply:
    owner = _owner(call)
    if owner is None:
        call.state.set_note(SUBSCRIPTIONS, call.address.scope, tags)
    else:
        owner.body["tags"] = owner.request["tags"] = tags
        call.state.put(owner)
    return Reply(200, _view(call, tags))


def _view(call: Call, tags: dict[str, str]) -> dict[str, Any]:
    place = f"{call.address.scope}/providers/{TYPE}/default"
    return {"id": place, "name": "default", "type": TYPE, "properties": {"tags": tags}}
