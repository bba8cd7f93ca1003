"""What ARM itself knows without asking a provider: subscriptions, regions, providers, and the index of resources."""

from __future__ import annotations

import re
from typing import Any

from simulator import regions
from simulator.call import Call
from simulator.elsewhere import ELSEWHERE, applications, policy
from simulator.errors import gateway
from simulator.kinds import REGISTRY, Kind, kind_of
from simulator.namespaces import NAMESPACES
from simulator.state import Resource
from simulator.world import timestamp

UNREGISTERED = "unregistered namespaces"


def subscriptions(call: Call) -> dict[str, Any]:
    """Return the list of subscriptions."""
    value = [_subscription(call, one.id, one.name) for one in call.world.subscriptions]
    return {"value": value, "count": {"type": "Total", "value": len(value)}}


def subscription(call: Call) -> dict[str, Any]:
    """Return the addressed subscription."""
    wanted = call.address.subscription.lower()
    return next(_subscription(call, one.id, one.name) for one in call.world.subscriptions if one.id == wanted)


def tenants(call: Call) -> dict[str, Any]:
    """Return the list of tenants: the rehearsal has one."""
    tenant = call.world.tenant_id
    return {
        "value": [
            {
                "id": f"/tenants/{tenant}",
                "tenantId": tenant,
                "countryCode": "NL",
                "displayName": "Groundplan rehearsal",
                "domains": ["rehearsal.onmicrosoft.com"],
                "defaultDomain": "rehearsal.onmicrosoft.com",
                "tenantCategory": "Home",
                "tenantType": "AAD",
            }
        ]
    }


def locations(call: Call) -> dict[str, Any]:
    """Return the regions of a subscription."""
    return {"value": [region.wire(call.address.subscription) for region in regions.REGIONS]}


def namespaces() -> dict[str, str]:
    """Return every namespace in lower case, with its spelling."""
    known = {kind.arm_type.split("/")[0] for kind in REGISTRY.values()}
    known |= {room.namespace for room in NAMESPACES.values()} | ELSEWHERE
    return {name.lower(): name for name in sorted(known)}


def providers(call: Call) -> list[dict[str, Any]]:
    """Return every provider."""
    return [provider(call, name) for name in namespaces().values()]


def provider(call: Call, namespace: str) -> dict[str, Any]:
    """Return one provider with its types and the regions that have them.

    Raises:
        ArmError: 404 InvalidResourceNamespace.
    """
    name = namespaces().get(namespace.lower())
    if name is None:
        raise gateway(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    kinds = [kind for kind in REGISTRY.values() if kind.arm_type.split("/")[0] == name]
    if not call.address.subscription:  # the tenant's view tells of types, not of registration
        return {"namespace": name, "resourceTypes": [_resource_type(call, kind) for kind in kinds]}
    gone = call.state.note(UNREGISTERED, f"{call.address.subscription}/{name}")
    return {
        "id": f"/subscriptions/{call.address.subscription}/providers/{name}",
        "namespace": name,
        **applications(name, call.world.fixed_id(f"application/{name}"), call.world.fixed_id(f"role/{name}")),
        "registrationPolicy": policy(name),
        "registrationState": gone or "Registered",
        "resourceTypes": [_resource_type(call, kind) for kind in kinds],
    }


def register(call: Call, namespace: str, wanted: bool) -> dict[str, Any]:
    """Register a namespace, or take the registration back, and return the provider."""
    body = provider(call, namespace)
    key = f"{call.address.subscription}/{body['namespace']}"
    call.state.set_note(UNREGISTERED, key, None if wanted else "Unregistered")
    answer = provider(call, namespace)
    if not wanted:
        answer["registrationState"] = "Unregistering"
    return answer


def provider_operations(namespace: str) -> list[dict[str, Any]]:
    """Return what may be done with a namespace's types, as ``providers/x/operations`` lists it."""
    name = namespaces().get(namespace.lower(), namespace)
    people = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace(".", " "))
    found = [_operation(name, people, "Subscription", "register/action", "Register")]
    for kind in (kind for kind in REGISTRY.values() if kind.arm_type.split("/")[0] == name):
        types = kind.arm_type.split("/", 1)[1]
        for verb, word in (("read", "Get"), ("write", "Create or update"), ("delete", "Delete")):
            found.append(_operation(name, people, types, f"{types}/{verb}", word))
        for action in kind.actions:
            last = action.split(" ")[-1]
            found.append(_operation(name, people, types, f"{types}/{last}/action", "Run"))
    return found


def _operation(name: str, people: str, resource: str, action: str, word: str) -> dict[str, Any]:
    told = f"{word} {resource}"
    display = {"provider": people, "resource": resource, "operation": told, "description": f"{told}."}
    return {"name": f"{name}/{action}", "isDataAction": False, "display": display, "origin": "user,system"}


def check_registered(call: Call, kind: Kind) -> None:
    """Raise 409 MissingSubscriptionRegistration for a namespace that is not registered."""
    name = kind.arm_type.split("/")[0]
    if not call.state.note(UNREGISTERED, f"{call.address.subscription}/{name}"):
        return
    code = "MissingSubscriptionRegistration"
    message = f"The subscription is not registered to use namespace '{name}'. See https://aka.ms/rps-not-found for how to"
    message += " register subscriptions."
    raise gateway(409, code, message, details=[{"code": code, "target": name, "message": message}])


def register_quietly(call: Call, kind: Kind) -> None:
    """Register a namespace, as ARM does for every resource of a template."""
    name = kind.arm_type.split("/")[0]
    call.state.set_note(UNREGISTERED, f"{call.address.subscription}/{name}", None)


def check_kind_version(call: Call, kind: Kind) -> None:
    """Raise 400 NoRegisteredProviderFound for a version that the type never had."""
    oldest, newest = kind.api_versions
    if oldest <= call.api_version[:10] <= newest:
        return
    place = regions.normal(str((call.body or {}).get("location", ""))) if isinstance(call.body, dict) else ""
    message = (
        f"No registered resource provider found for location '{place}' and API version '{call.api_version}' for type "
        f"'{kind.arm_type.split('/', 1)[1]}'. The supported api-versions are '{oldest} to {newest}'."
    )
    raise gateway(400, "NoRegisteredProviderFound", message)


def filtered(call: Call, resources: list[Resource]) -> list[dict[str, Any]]:
    """Return resources as ARM's index lists them, those that ``$filter`` lets through.

    Raises:
        ArmError: 400 InvalidFilterInQueryString for what this filter does not understand.
    """
    more = {word.strip().lower() for word in call.query.get("$expand", "").split(",")}
    return [_indexed(one) | _expanded(one, more) for one in wanted(call, resources) if _is_indexed(one)]


def wanted(call: Call, resources: list[Resource]) -> list[Resource]:
    """Return the resources that ``$filter`` lets through: terms joined by ``and``, each of some joined by ``or``."""
    text = call.query.get("$filter", "")
    terms = [
        [_term(text, word) for word in re.split(r"\s+or\s+", term, flags=re.IGNORECASE)]
        for term in re.split(r"\s+and\s+", text, flags=re.IGNORECASE)
        if text
    ]
    return [one for one in resources if all(any(_holds(one, *word) for word in term) for term in terms)]


def _term(text: str, word: str) -> tuple[str, str, str]:
    """Return fact, comparison and value of one term of a filter."""
    keys = "resourceType|name|resourceGroup|location|tagName|tagValue"
    if found := re.fullmatch(rf"\s*\(?\s*({keys})\s+(eq|ne)\s+'([^']*)'\s*\)?\s*", word, re.IGNORECASE):
        return found[1].lower(), found[2].lower(), found[3].lower()
    if found := re.fullmatch(rf"\s*substringof\('([^']*)',\s*({keys})\)\s*", word, re.IGNORECASE):
        return found[2].lower(), "in", found[1].lower()
    if found := re.fullmatch(rf"\s*startswith\(({keys}),\s*'([^']*)'\)\s*", word, re.IGNORECASE):
        return found[1].lower(), "start", found[2].lower()
    message = f"Invalid $filter '{text}' specified in the query string."
    raise gateway(400, "InvalidFilterInQueryString", message)


def _holds(resource: Resource, fact: str, how: str, value: str) -> bool:
    tags = {str(key).lower(): str(one).lower() for key, one in (resource.body.get("tags") or {}).items()}
    facts = {
        "resourcetype": [resource.type],
        "name": [resource.name.lower()],
        "resourcegroup": [resource.group.lower()],
        "location": [resource.location],
        "tagname": list(tags),
        "tagvalue": list(tags.values()),
    }[fact]
    if fact == "location":
        value = regions.normal(value)
    if how == "ne":
        return value not in facts
    tests = {"eq": str.__eq__, "in": str.__contains__, "start": str.startswith}
    return any(tests[how](one, value) for one in facts)


def _is_indexed(resource: Resource) -> bool:
    """Only what has a region of its own is in ARM's index."""
    kind = kind_of(resource.type)
    return kind is not None and kind.regional


def _indexed(resource: Resource) -> dict[str, Any]:
    keys = ("id", "name", "type", "location", "sku", "kind", "identity", "tags")
    body = {key: resource.body[key] for key in keys if key in resource.body}
    if body["type"].count("/") > 1:  # a child's name holds its parents' names here
        body["name"] = "/".join(resource.id.split("/providers/")[-1].split("/")[2::2])
    return body


def _expanded(resource: Resource, more: set[str]) -> dict[str, str]:
    """Return what ARM's index knows besides, as far as ``$expand`` asks for it."""
    made = timestamp(resource.created)
    changed = (resource.body.get("systemData") or {}).get("lastModifiedAt") or made
    known = {"createdTime": made, "changedTime": changed, "provisioningState": resource.state}
    return {key: value for key, value in known.items() if key.lower() in more}


def _subscription(call: Call, number: str, name: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{number}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": call.state.note("tags of subscriptions", f"/subscriptions/{number}") or {},
        "subscriptionId": number,
        "tenantId": call.world.tenant_id,
        "displayName": name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _resource_type(call: Call, kind: Kind) -> dict[str, Any]:
    shut = (call.state.note("scenario rules", "closed") or {}).get(kind.arm_type.lower(), [])
    places = (
        [
            one.display
            for one in regions.REGIONS
            if one.name not in kind.closed_regions and one.name not in shut
        ]
        if kind.regional
        else []
    )
    return {
        "resourceType": kind.arm_type.split("/", 1)[1],
        "locations": places,
        "apiVersions": list(reversed(kind.api_versions)),
        "defaultApiVersion": kind.api_versions[1],
        "apiProfiles": [],
        "capabilities": "CrossResourceGroupResourceMove, SupportsTags, SupportsLocation"
        if kind.regional
        else "None",
    }
