"""What a running deployment sees of resources: ``reference()`` and the ``list...()`` functions.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource#reference
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.address import parse
from simulator.call import Call
from simulator.errors import ArmError
from simulator.kinds import kind_of
from simulator.templates.syntax import TemplateError
from simulator.world import World


@dataclass(frozen=True)
class Around:
    """What stands around a running deployment: ``ids`` and ``versions`` are those of its own resources."""

    world: World
    caller: dict[str, Any]
    root: str
    ids: dict[str, str]
    versions: dict[str, str]

    def reference(self, target: str, version: str, whole: bool) -> Any:
        """Return the properties of a resource, or all that there is to it with ``whole``."""
        place = _id(self.root, self.ids, target)
        kind, resource = kind_of(_type(place)), self.world.state.get(place)
        if kind is None:
            raise TemplateError(f"the resource type of '{target}' is not known")
        if not version and place.lower() not in self.versions:
            raise TemplateError(
                f"unable to evaluate template language function 'reference': the resource '{target}' is not defined in the "
                "template, so its apiVersion is required"
            )
        used = version or self.versions[place.lower()] or kind.api_versions[1]
        try:
            reply = kind.get(self._call("GET", place, used, None))
        except ArmError as error:
            raise TemplateError(error.message) from None
        body = dict(reply.body or {})
        if not whole:
            return body.get("properties") or {}
        more = {"apiVersion": used, "resourceId": resource.id if resource else place, "scope": self.root}
        return {**{key: value for key, value in body.items() if key not in {"id", "name", "type"}}, **more}

    def listing(self, function: str, target: str, version: str, body: Any) -> Any:
        """Return what a ``list...`` action of a resource answers."""
        place = _id(self.root, self.ids, target)
        kind = kind_of(_type(place))
        used = version or (kind.api_versions[1] if kind else "")
        try:
            reply = (
                kind.action(self._call("POST", f"{place}/{function}", used, body), function) if kind else None
            )
        except ArmError as error:
            raise TemplateError(error.message) from None
        if reply is None:
            raise TemplateError(f"the resource '{target}' does not have the action '{function}'")
        return reply.body

    def _call(self, method: str, place: str, version: str, body: Any) -> Call:
        return Call(self.world, method, parse(place), {"api-version": version}, body, self.caller)


def _id(root: str, ids: dict[str, str], target: str) -> str:
    if target.startswith("/"):
        return target
    if found := ids.get(target.lower()):
        return found
    # "Microsoft.Storage/storageAccounts/name": a type and its names without a scope.
    return f"{root}/providers/{target}"


def _type(place: str) -> str:
    address = parse(place)
    if not address.namespace and address.group:
        return "Microsoft.Resources/resourceGroups"
    return f"{address.namespace}/{address.type_path}"
