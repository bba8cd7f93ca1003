"""The template of what stands in a group: what a deployment of it would make anew, names as parameters.

https://learn.microsoft.com/azure/azure-resource-manager/templates/export-template-portal
"""

from __future__ import annotations

import re
from typing import Any, get_args

from pydantic import BaseModel

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
    every = {one.key: (one, kind) for one, kind in found}
    parameters: dict[str, dict[str, Any]] = {}
    for key, parameter in names.items():
        default = {"defaultValue": every[key][0].name} if "includeparameterdefaultvalue" in words else {}
        parameters[parameter] = {**default, "type": "String"}
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "variables": {},
        "resources": [_entry(one, kind, names, every) for one, kind in found],
    }


def _exported(resource: Resource, kind: Kind) -> bool:
    if _LEFT_OUT.search(resource.type) or resource.id.count("/providers/") != 1:
        return False
    if kind.arm_type.count("/") == 1:
        return kind.regional
    # What nobody asked for, such as a server's own database, comes by itself; a container may be asked for by {}.
    written = bool(resource.request) or resource.type.startswith("microsoft.storage/")
    return bool(_WITH_CHILDREN.match(resource.type) and written)


def _parameters(found: list[tuple[Resource, Kind]]) -> dict[str, str]:
    """Return the parameter of each top-level resource's name, by the resource's key."""
    tops = [(one, kind) for one, kind in found if kind.arm_type.count("/") == 1]
    return {
        one.key: re.sub(r"\W", "_", f"{kind.arm_type.split('/')[1]}_{one.name}_name", flags=re.ASCII)
        for one, kind in tops
    }


def _entry(
    resource: Resource, kind: Kind, names: dict[str, str], every: dict[str, tuple[Resource, Kind]]
) -> dict[str, Any]:
    body = resource.body
    entry: dict[str, Any] = {"type": kind.arm_type, "apiVersion": kind.api_versions[1]}
    entry["name"] = _name(resource, names)
    needed = [_expression(*every[key], names) for key in _parents(resource, every)]
    for key in ("location", "tags", "sku", "kind", "identity"):
        if body.get(key) and (key in {"location", "tags"} or kind.body.knows(key)):
            entry[key] = _identity(body[key]) if key == "identity" else body[key]
    entry["properties"] = _linked(_writable(resource, kind), names, every, needed)
    if needed:
        entry["dependsOn"] = sorted(set(needed))
    return entry


def _linked(
    value: Any, names: dict[str, str], every: dict[str, tuple[Resource, Kind]], needed: list[str]
) -> Any:
    """Return a value with the IDs of what is in the template too as expressions, and note them as needed."""
    if isinstance(value, dict):
        return {key: _linked(one, names, every, needed) for key, one in value.items()}
    if isinstance(value, list):
        return [_linked(one, names, every, needed) for one in value]
    if isinstance(value, str) and value.lower() in every:
        needed.append(_expression(*every[value.lower()], names))
        return needed[-1]
    return value


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


def _parents(resource: Resource, every: dict[str, tuple[Resource, Kind]]) -> list[str]:
    """Return the key of each parent that is in the template too, outermost first."""
    scope, _, rest = resource.key.partition("/providers/")
    parts = rest.split("/")
    keys = [f"{scope}/providers/{'/'.join(parts[:depth])}" for depth in range(3, len(parts), 2)]
    return [key for key in keys if key in every]


def _expression(resource: Resource, kind: Kind, names: dict[str, str]) -> str:
    """Return the expression that gives a resource's ID wherever the template is deployed."""
    parts = resource.id.split("/providers/")[1].split("/")[2::2]
    parameter = names.get(_top(resource.id).lower())
    first = f"parameters('{parameter}')" if parameter else f"'{parts[0]}'"
    words = ", ".join([first, *(f"'{one}'" for one in parts[1:])])
    return f"[resourceId('{kind.arm_type}', {words})]"


def _identity(identity: dict[str, Any]) -> dict[str, Any]:
    """Return an identity as a request says it: no principals."""
    users: dict[str, Any] = {key: {} for key in identity.get("userAssignedIdentities") or {}}
    return {"type": identity.get("type", "None"), **({"userAssignedIdentities": users} if users else {})}


def _writable(resource: Resource, kind: Kind) -> dict[str, Any]:
    """Return the properties that a PUT may say: by the type's own definition, or as they were asked."""
    model, asked = _model(kind.body, "properties"), resource.request.get("properties") or {}
    if model is None:
        return dict(asked)
    shown = {**asked, **without_nulls(resource.body.get("properties") or {})}
    return _pruned(model, shown)


def _pruned(model: type[BaseModel], value: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a definition does not know: what Azure has added to what was asked."""
    out = {}
    for key in (key for key in model.model_fields if key in value):
        inner = _model(model, key)
        out[key] = _pruned(inner, value[key]) if inner and isinstance(value[key], dict) else value[key]
    return out


def _model(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """Return the definition of a member that is an object, None where it is not told."""
    field = model.model_fields.get(key)
    parts = (get_args(field.annotation) or (field.annotation,)) if field else ()
    found = next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)
    return found if found is None or found.model_config.get("extra") != "allow" else None
