"""What a deployment would change.  https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if"""

from __future__ import annotations

from typing import Any

from simulator.call import Call
from simulator.kinds import kind_of
from simulator.providers.deployments.preflight import dry_body
from simulator.providers.deployments.prepare import Prepared
from simulator.state import Resource
from simulator.templates.document import Item


def changes(call: Call, prepared: Prepared) -> list[dict[str, Any]]:
    """Return every resource of the template and of the group with what would happen to it."""
    found = [_change(call, prepared, item) for item in prepared.items if not item.existing]
    named = {item.id.lower() for item in prepared.items}
    gone = "Delete" if prepared.mode == "Complete" else "Ignore"
    for resource in call.state.under(prepared.root) if "/resourceGroups/" in prepared.root else []:
        kind = kind_of(resource.type)
        if (
            kind is None
            or not kind.regional
            or resource.key in named
            or resource.type == "microsoft.resources/deployments"
        ):
            continue
        found.append({"resourceId": resource.id, "changeType": gone, "before": _plain(kind.view(resource))})
    return sorted(found, key=lambda one: str(one["resourceId"]).lower())


def _change(call: Call, prepared: Prepared, item: Item) -> dict[str, Any]:
    body, whole = dry_body(prepared.scope, item)
    after = {
        "apiVersion": item.version,
        "id": item.id,
        "name": item.name.rsplit("/", 1)[-1],
        "type": item.type,
        **body,
    }
    existing, kind = call.state.get(item.id), kind_of(item.type)
    if existing is None or kind is None:
        return {"resourceId": item.id, "changeType": "Create", "after": _plain(after)}
    before = _plain(kind.view(existing))
    if item.type.lower() == "microsoft.resources/deployments" or not whole:
        return {"resourceId": item.id, "changeType": "Deploy", "before": before, "after": _plain(after)}
    delta = _delta(_comparable(existing), body, "")
    if not delta:
        return {"resourceId": item.id, "changeType": "NoChange", "before": before, "after": before}
    return {
        "resourceId": item.id,
        "changeType": "Modify",
        "before": before,
        "after": _plain(after),
        "delta": delta,
    }


def _comparable(resource: Resource) -> dict[str, Any]:
    return {**resource.body, "tags": resource.body.get("tags") or {}}


def _delta(before: Any, after: Any, path: str) -> list[dict[str, Any]]:
    """Return the properties that a body names and that have another value now."""
    out: list[dict[str, Any]] = []
    for key, value in after.items():
        place, old = (f"{path}.{key}" if path else key), before.get(key) if isinstance(before, dict) else None
        if isinstance(value, dict) and isinstance(old, dict):
            out += _delta(old, value, place)
        elif value is not None and _same(old) != _same(value):
            kind = "Create" if old is None else "Modify"
            out.append(
                {"path": place, "propertyChangeType": kind, "before": old, "after": value, "children": None}
            )
    return out


def _same(value: Any) -> Any:
    """Return a value so that what ARM takes for equal is equal: regions are written in two ways."""
    return value.replace(" ", "").lower() if isinstance(value, str) else value


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in body.items()
        if key not in {"systemData", "etag"} and value not in (None, {})
    }
