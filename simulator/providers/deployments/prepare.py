"""A request for a deployment, read: which template, which values, which resources in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.call import Call
from simulator.errors import ArmError, gateway, invalid_content
from simulator.state import Resource
from simulator.templates.azure import Facts
from simulator.templates.document import Item, items_of, scope_of
from simulator.templates.evaluate import Scope
from simulator.templates.hashing import template_hash
from simulator.templates.syntax import TemplateError
from simulator.world import World

#: What Python says where a part of a template is not of the type that it should be: nobody can list all of them.
MISSHAPEN = (TypeError, AttributeError, KeyError, IndexError, ValueError, RecursionError)
SECURE = frozenset({"securestring", "secureobject"})


@dataclass
class Prepared:
    """A template that can be run."""

    scope: Scope
    items: list[Item]
    template: dict[str, Any]
    mode: str
    root: str


def prepare(call: Call, body: Any, root: str, name: str) -> Prepared:
    """Read a request.

    Raises:
        ArmError: 400 InvalidRequestContent, InvalidTemplate or InvalidContentLink.
    """
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise invalid_content("Required property 'properties' not found in JSON. Path ''")
    mode = {"incremental": "Incremental", "complete": "Complete"}.get(str(properties.get("mode", "")).lower())
    if mode is None:
        raise invalid_content("Error converting value to type 'DeploymentMode'. Path 'properties.mode'")
    template = properties.get("template")
    if template is None:
        uri = (properties.get("templateLink") or {}).get("uri", "")
        message = f"Unable to download deployment content from '{uri}': a rehearsal reaches no other host."
        raise gateway(400, "InvalidContentLink", message)
    try:
        facts = facts_of(call.world, root, name, properties)
        scope = scope_of(template, properties.get("parameters"), facts)
        items = items_of(scope, root)
    except TemplateError as wrong:
        raise invalid_template(str(wrong)) from None
    except MISSHAPEN as wrong:
        raise invalid_template(f"a part of the template has a wrong JSON type: {str(wrong)[:200]}") from None
    return Prepared(scope, items, template, mode, root)


def facts_of(world: World, root: str, name: str, properties: dict[str, Any]) -> Facts:
    """Return what a deployment in a scope knows of the world."""
    parts = root.split("/")
    subscription = next(
        (one for one in world.subscriptions if one.id == parts[2].lower()), world.subscriptions[0]
    )
    known = {
        "id": f"/subscriptions/{subscription.id}",
        "subscriptionId": subscription.id,
        "tenantId": world.tenant_id,
        "displayName": subscription.name,
    }
    group = world.state.get(root) if len(parts) > 4 else None
    shown = {key: properties[key] for key in ("template", "parameters", "mode") if key in properties}
    deployment: dict[str, Any] = {"name": name, "properties": {**shown, "provisioningState": "Accepted"}}
    tenant = {"tenantId": world.tenant_id, "displayName": "Groundplan rehearsal", "countryCode": "NL"}
    return Facts(known, _group(group), tenant, deployment, _environment(world), world.now())


def invalid_template(text: str) -> ArmError:
    """Make the 400 for a template that cannot be read or evaluated."""
    message = f"Deployment template validation failed: '{text[:1].upper()}{text[1:]}.'."
    info = {"lineNumber": 1, "linePosition": 1, "path": ""}
    return gateway(400, "InvalidTemplate", message, additional=[{"type": "TemplateViolation", "info": info}])


def properties_of(call: Call, prepared: Prepared) -> dict[str, Any]:
    """Return what an answer tells of a template before anything has happened."""
    return {
        "templateHash": template_hash(prepared.template),
        "parameters": shown_parameters(prepared.template, prepared.scope.parameters),
        "mode": prepared.mode,
        "providers": _providers(prepared),
        "dependencies": _dependencies(prepared.items),
    }


def shown_parameters(template: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as answers show them: secure ones without their values."""
    out = {}
    for name, about in (template.get("parameters") or {}).items():
        kind = type_word(str(about.get("type", "")))
        out[name] = {"type": kind} if kind.lower() in SECURE else {"type": kind, "value": values.get(name)}
    return out


def type_word(kind: str) -> str:
    """Return a parameter's type as answers spell it."""
    words = {"securestring": "SecureString", "secureobject": "SecureObject"}
    return words.get(kind.lower(), kind[:1].upper() + kind[1:].lower())


def target(resource_id: str, kind: str, name: str) -> dict[str, str]:
    """Return how deployments name a resource."""
    return {"id": resource_id, "resourceType": kind, "resourceName": name}


def _group(group: Resource | None) -> dict[str, Any] | None:
    if group is None:
        return None
    body = {"id": group.id, "name": group.name, "type": "Microsoft.Resources/resourceGroups"}
    more = {"location": group.location, "tags": group.body.get("tags", {})}
    return {**body, **more, "properties": {"provisioningState": "Succeeded"}}


def _environment(world: World) -> dict[str, Any]:
    suffixes = {
        "storage": world.blob_suffix,
        "keyvaultDns": ".vault.azure.net",
        "sqlServerHostname": ".database.windows.net",
        "acrLoginServer": ".azurecr.io",
        "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
    }
    return {
        "name": "AzureCloud",
        "gallery": world.endpoint,
        "graph": world.endpoint,
        "portal": "https://portal.azure.com",
        "graphAudience": world.endpoint,
        "activeDirectoryDataLake": world.endpoint,
        "batch": world.endpoint,
        "media": world.endpoint,
        "sqlManagement": world.endpoint,
        "vmImageAliasDoc": world.endpoint,
        "resourceManager": world.endpoint,
        "authentication": {
            "loginEndpoint": world.endpoint,
            "audiences": [world.endpoint],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": suffixes,
    }


def _providers(prepared: Prepared) -> list[dict[str, Any]]:
    found: dict[str, dict[str, list[Any]]] = {}
    for item in prepared.items:
        space, _, kind = item.type.partition("/")
        place = item.raw.get("location")
        try:
            location = str(prepared.scope.value(place)).replace(" ", "").lower() if place else None
        except TemplateError:
            location = None
        places = found.setdefault(space, {}).setdefault(kind, [])
        if location not in places:
            places.append(location)
    return [
        {
            "namespace": space,
            "resourceTypes": [{"resourceType": kind, "locations": places} for kind, places in kinds.items()],
        }
        for space, kinds in found.items()
    ]


def _dependencies(items: list[Item]) -> list[dict[str, Any]]:
    by_id = {item.id: item for item in items}
    return [
        {
            "dependsOn": [
                target(one, by_id[one].type, by_id[one].name) for one in item.depends_on if one in by_id
            ],
            **target(item.id, item.type, item.name),
        }
        for item in items
        if item.depends_on
    ]
