"""Tag names and their values, predefined for a subscription: the older way to agree on tags.

https://learn.microsoft.com/rest/api/resources/tags
"""

from __future__ import annotations

from typing import Any

from simulator.call import Call, Reply, page
from simulator.errors import gateway, method_not_allowed

ROOM = "tag names"


def tag_names(call: Call) -> Reply:
    """Answer ``tagNames``, ``tagNames/x`` and ``tagNames/x/tagValues/y``."""
    parts, verb = call.address.parts, call.method
    if len(parts) == 1 and verb == "GET":
        return page(call, [_name(call, tag, values) for tag, values in _known(call).items()])
    if len(parts) not in {2, 4} or (len(parts) == 4 and parts[2].lower() != "tagvalues"):
        raise gateway(404, "NotFound", f"No resource was found at the path '{call.address.path}'.")
    if verb not in {"PUT", "DELETE"}:
        raise method_not_allowed(verb, "PUT, DELETE")
    known = _known(call)
    tag = next((one for one in known if one.lower() == parts[1].lower()), parts[1])
    return _on_name(call, known, tag) if len(parts) == 2 else _on_value(call, known, tag, parts[3])


def _on_name(call: Call, known: dict[str, list[str]], tag: str) -> Reply:
    there = tag in known
    if call.method == "PUT":
        known.setdefault(tag, [])
        _keep(call, known)
        return Reply(200 if there else 201, _name(call, tag, known[tag]))
    if there and _count(call, tag):
        message = f"Unable to delete the tag '{tag}': it is in use by resources of the subscription."
        raise gateway(409, "CannotDeleteTagNameInUse", message)
    known.pop(tag, None)
    _keep(call, known)
    return Reply(200 if there else 204)


def _on_value(call: Call, known: dict[str, list[str]], tag: str, value: str) -> Reply:
    if tag not in known:
        raise gateway(404, "TagNameNotFound", f"The tag name '{tag}' could not be found.")
    there = value in known[tag]
    if call.method == "PUT":
        known[tag] += [] if there else [value]
        _keep(call, known)
        return Reply(200 if there else 201, _value(call, tag, value))
    known[tag] = [one for one in known[tag] if one != value]
    _keep(call, known)
    return Reply(200 if there else 204)


def _known(call: Call) -> dict[str, list[str]]:
    return dict(call.state.note(ROOM, call.address.subscription) or {})


def _keep(call: Call, known: dict[str, list[str]]) -> None:
    call.state.set_note(ROOM, call.address.subscription, known or None)


def _name(call: Call, tag: str, values: list[str]) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{call.address.subscription}/tagNames/{tag}",
        "tagName": tag,
        "count": {"type": "Total", "value": _count(call, tag)},
        "values": [_value(call, tag, value) for value in values],
    }


def _value(call: Call, tag: str, value: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{call.address.subscription}/tagNames/{tag}/tagValues/{value}",
        "tagValue": value,
        "count": {"type": "Total", "value": _count(call, tag, value)},
    }


def _count(call: Call, tag: str, value: str | None = None) -> int:
    """Return how many resources and groups have a tag, with any value or with this one."""
    found = 0
    for resource in call.state.under(f"/subscriptions/{call.address.subscription}"):
        tags = {key.lower(): one for key, one in (resource.body.get("tags") or {}).items()}
        found += tag.lower() in tags and value in {None, tags[tag.lower()]}
    return found
