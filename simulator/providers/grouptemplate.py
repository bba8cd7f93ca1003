"""The template of what stands in a group: what a deployment of it would make anew, names as parameters.

https://learn.microsoft.com/azure/azure-resource-manager/templates/export-template-portal
"""

from __future__ import annotations

import re
from typing import Any, get_args

from simulator.kinds import Kind, kind_of
from simulator.schema import without_nulls
from simulator.state import Resource

SCHEMA = "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"
#: What is no part of a template: the deployments themselves, and what is said about resources.
_LEFT_OUT = re.compile(r"microsoft\.(resources|authorization)/|/providers/.*/providers/", re.IGNORECASE)
#: What a provider's template holds beside top-level resources: settings and children that were written by somebody.
_WITH_CHILDREN = re.compile(r"microsoft\.(storage|sql|containerregistry|operationalinsights)/", re.IGNORECASE)


def template_of(resources: list[Resource], options: str) -> dict[str, Any]:
    """Return a template; ``options`` are ARM's words, such as ``IncludeParameterDefaultValue``."""
    words = {word.strip().lower() for word in options.split(",")}
    literal = bool(words & {"skipresourcenameparameterization", "skipallparameterization"})
    found = [(one, kind) for one in resources if (kind := kind_of(one.type)) and _exported(one, kind)]
    names = {} if literal else _parameters(found)
    parameters: dict[str, dict[str, Any]] = {}
    for key, parameter in names.items():
        parameters[parameter] = {"type": "String"}
        if "includeparameterdefaultvalue" in words:
            parameters[parameter] = {"defaultValue": _tail(key), "type": "String"}
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "variables": {},
        "resources": [_entry(one, kind, names, {other.key for other, _ in found}) for one, kind in found],
    }


def _exported(resource: Resource, kind: Kind) -> bool:
    if _LEFT_OUT.search(resource.type) or resource.id.count("/providers/") != 1:
        return False
    # What nobody asked for, such as a server's own database, comes by itself; a container may be asked for by {}.
    written = bool(resource.request) or resource.type.startswith("microsoft.storage/")
    return kind.regional or bool(_WITH_CHILDREN.match(resource.type) and written)


def _parameters(found: list[tuple[Resource, Kind]]) -> dict[str, str]:
    """Return the parameter of each top-level resource's name, by the resource's key."""
    tops = [(one, kind) for one, kind in found if kind.arm_type.count("/") == 1]
    return {
        one.key: re.sub(r"\W", "_", f"{kind.arm_type.split('/')[1]}_{one.name}_name", flags=re.ASCII)
        for one, kind in tops
    }


def _tail(key: str) -> str:
    return key.rsplit("/", 1)[-1]


def _entry(resource: Resource, kind: Kind, names: dict[str, str], every: set[str]) -> dict[str, Any]:
    body = resource.body
    entry: dict[str, Any] = {"type": kind.arm_type, "apiVersion": kind.api_versions[1]}
    entry["name"] = _name(resource, names)
    if parents := _parents(resource, every):
        entry["dependsOn"] = [_reference(kind, one, names) for one in parents]
    for key in ("location", "tags", "sku", "kind", "identity"):
        if body.get(key):
            entry[key] = _identity(body[key]) if key == "identity" else body[key]
    entry["properties"] = _writable(resource, kind)
    return entry


def _name(resource: Resource, names: dict[str, str]) -> str:
    parts = resource.id.split("/providers/")[1].split("/")[2::2]
    parameter = names.get(_top(resource.id).lower())
    if parameter is None:
        return "/".join(parts)
    if len(parts) == 1:
        return f"[parameters('{parameter}')]"
    return f"[concat(parameters('{parameter}'), '/{'/'.join(parts[1:])}')]"


def _top(resource_id: str) -> str:
    scope, _, rest = resource_id.partition("/providers/")
    return f"{scope}/providers/{'/'.join(rest.split('/')[:3])}"


def _parents(resource: Resource, every: set[str]) -> list[list[str]]:
    """Return the names of each parent that is in the template too, outermost first."""
    parts = resource.id.split("/providers/")[1].split("/")
    scope = resource.id.split("/providers/")[0]
    depths = range(1, len(parts[2::2]))
    there = [one for one in depths if f"{scope}/providers/{'/'.join(parts[: one * 2 + 1])}".lower() in every]
    return [parts[2::2][:depth] for depth in there]


def _reference(kind: Kind, parent: list[str], names: dict[str, str]) -> str:
    types = "/".join(kind.arm_type.split("/")[: len(parent) + 1])
    first = next((p for key, p in names.items() if _tail(key) == parent[0].lower()), None)
    words = [f"parameters('{first}')" if first else f"'{parent[0]}'", *(f"'{one}'" for one in parent[1:])]
    return f"[resourceId('{types}', {', '.join(words)})]"


def _identity(identity: dict[str, Any]) -> dict[str, Any]:
    """Return an identity as a request says it: no principals."""
    users: dict[str, Any] = {key: {} for key in identity.get("userAssignedIdentities") or {}}
    return {"type": identity.get("type", "None"), **({"userAssignedIdentities": users} if users else {})}


def _writable(resource: Resource, kind: Kind) -> dict[str, Any]:
    """Return the properties that a PUT may say: by the type's own definition, or as they were asked."""
    field = kind.body.model_fields.get("properties")
    parts = get_args(field.annotation) or (field.annotation,) if field else ()
    model = next((part for part in parts if hasattr(part, "model_fields")), None)
    asked = resource.request.get("properties") or {}
    if model is None or model.model_config.get("extra") == "allow":
        return dict(asked)
    shown = without_nulls(resource.body.get("properties") or {})
    return {key: shown.get(key, asked.get(key)) for key in model.model_fields if key in shown or key in asked}
