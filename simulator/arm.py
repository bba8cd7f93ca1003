"""The front of Azure Resource Manager: doors first (version, token), then the room that a path leads to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from simulator import admission, catalogue, identity, operations
from simulator.address import parse
from simulator.call import Call, Reply, page
from simulator.clock import catch_up
from simulator.errors import ArmError, gateway, method_not_allowed, type_not_found
from simulator.gatehouse import require_group
from simulator.kinds import REGISTRY, Kind, kind_of
from simulator.namespaces import NAMESPACES
from simulator.operations import Operation
from simulator.providers.groupwork import group_action
from simulator.providers.resources import ResourceGroup, group_address
from simulator.providers.tagnames import tag_names
from simulator.world import World

GROUPS = ResourceGroup.arm_type.lower()


def handle(world: World, method: str, path: str, query: dict[str, str], body: Any, token: str) -> Reply:
    """Answer one request; time catches up first.

    Raises:
        ArmError: whatever ARM or a provider would answer instead.
    """
    catch_up(world)
    caller = identity.caller(world, token)
    call = Call(world, method, parse(path), query, body, caller)
    if (operation := operations.find(world, call.address.path)) is not None:
        return _poll(call, operation)
    _check_version(call)
    _check_subscription(call)
    return _route(call)


def _route(call: Call) -> Reply:
    address = call.address
    if group_address(address):
        return _on_item(call, REGISTRY[GROUPS])
    if not address.namespace:
        return _on_plain(call)
    reply = _on_namespace(call)
    if reply is not None:
        return reply
    if address.namespace.lower() not in catalogue.namespaces():
        message = f"The resource namespace '{address.namespace}' is invalid."
        raise gateway(404, "InvalidResourceNamespace", message)
    kind = kind_of(f"{address.namespace}/{address.type_path}") if address.parts else None
    if kind is not None:
        catalogue.check_kind_version(call, kind)
        return _on_item(call, kind) if address.is_item else _on_list(call, kind)
    return _on_action(call)


def _on_plain(call: Call) -> Reply:
    """Answer a path with no provider in it: subscriptions, groups, resources, tenants."""
    parts = tuple(part.lower() for part in call.address.parts)
    if parts[:1] == ("deployments",):  # azure-ai-ml and azure-mgmt leave the provider out here
        call.address = parse(
            f"{call.address.scope}/providers/Microsoft.Resources/{'/'.join(call.address.parts)}"
        )
        return _route(call)
    if call.address.group and len(parts) == 1 and (reply := group_action(call, parts[0])) is not None:
        return reply
    if parts[:1] == ("tagnames",) and call.address.subscription and not call.address.group:
        return tag_names(call)
    where = "group" if call.address.group else "subscription" if call.address.subscription else "root"
    answer = _PLAIN.get((where, parts[0] if parts else "")) if len(parts) < 2 else None
    if answer is None:
        raise gateway(404, "NotFound", f"No resource was found at the path '{call.address.path}'.")
    if call.method != "GET":
        raise method_not_allowed(call.method, "GET")
    return answer(call)


def _on_namespace(call: Call) -> Reply | None:
    """Answer what a namespace has besides its types."""
    address = call.address
    parts = tuple(part.lower() for part in address.parts)
    if not parts and call.method == "GET":
        return Reply(200, catalogue.provider(call, address.namespace))
    known = address.namespace.lower() in catalogue.namespaces()
    if parts == ("operations",) and call.method == "GET" and known and not address.subscription:
        return Reply(200, {"value": catalogue.provider_operations(address.namespace)})
    if parts in {("register",), ("unregister",)} and call.method == "POST":
        return Reply(200, catalogue.register(call, address.namespace, parts[0] == "register"))
    room = NAMESPACES.get(address.namespace.lower())
    if room is None:
        return None
    return (room.action(call) if call.method == "POST" else None) or room.other(call)


def _on_item(call: Call, kind: Kind) -> Reply:
    if call.method == "HEAD":
        kind.require(call)
        return Reply(204)
    verbs: dict[str, Callable[[Call], Reply]] = {
        "GET": kind.get,
        "PUT": kind.put,
        "PATCH": kind.patch,
        "DELETE": kind.delete,
    }
    if call.method not in verbs:
        raise method_not_allowed(call.method, "GET, HEAD, PUT, PATCH, DELETE")
    if call.method in {"PUT", "PATCH"}:
        admission.check_write(call, kind)
    if call.method == "DELETE":
        admission.check_delete(call, kind)
    return verbs[call.method](call)


def _on_list(call: Call, kind: Kind) -> Reply:
    if call.method != "GET" and not (call.method == "POST" and kind.posts):
        raise method_not_allowed(call.method, "GET")
    require_group(call, call.address)
    if len(call.address.parts) > 1:
        kind.require_parent(call, parse(call.address.path + "/-"), "read")
    if call.method == "POST":
        return kind.post(call)
    reply = page(call, kind.list(call), full_goes_on=kind.full_pages_go_on)
    if kind.tells_last_page:
        reply.body.setdefault("nextLink", None)
    return reply


def _on_action(call: Call) -> Reply:
    """Answer an action on an item, or tell that the type is not known."""
    address = call.address
    kind = kind_of(address.without_action.type) if not address.is_item else None
    if kind is not None:
        catalogue.check_kind_version(call, kind)
        reply = kind.action(call, address.parts[-1])
        if reply is not None:
            return reply
    raise type_not_found(address.namespace, address.type_path, call.api_version)


def _poll(call: Call, operation: Operation) -> Reply:
    """Answer a poll: a status, or at the Location address 202 until there is a result."""
    kind = kind_of(operation.type)
    if kind is None:
        raise gateway(404, "NotFound", f"No resource was found at the path '{call.address.path}'.")
    if call.method != "GET":
        raise method_not_allowed(call.method, "GET")
    world, by_result = call.world, call.address.path.lower() == operation.result_path.lower()
    # Machine Learning polls both at one path and tells them apart by ``type``.
    if operation.status_path == operation.result_path:
        by_result = call.query.get("type") == "location"
    waiting = operations.wait(world, operation, kind.waits_after_end)
    address = _own_address(call, operation.result_path if by_result else operation.status_path)
    if not by_result:
        echo = {"Azure-AsyncOperation": address} if kind.echoes_poll_address else {}
        return Reply(200, kind.status_body(operation), {**echo, **waiting})
    if operation.state == "InProgress":
        return Reply(202, None, {"Location": address, **waiting})
    if operation.state == "Failed" and operation.error:
        raise ArmError(400, operation.error["code"], operation.error["message"])
    resource = call.state.get(operation.resource) if operation.action in {"create", "update"} else None
    if resource is None:
        return kind.gone(call, operation)
    return Reply(kind.result_status_of(operation), kind.seen(call, resource))


def _own_address(call: Call, path: str) -> str:
    more = "".join(f"&{key}={value}" for key, value in call.query.items() if key != "api-version")
    return f"{call.world.endpoint}{quote(path, safe=operations.SAFE)}?api-version={call.api_version}{more}"


def _check_version(call: Call) -> None:
    version = call.api_version
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise gateway(400, "MissingApiVersionParameter", message)
    if not re.fullmatch(
        r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-(alpha|beta|preview|privatepreview))?", version
    ):
        message = (
            f"The api-version '{version}' is invalid. The supported versions are 'yyyy-MM-dd[-preview]'."
        )
        raise gateway(400, "InvalidApiVersionParameter", message)


def _check_subscription(call: Call) -> None:
    wanted = call.address.subscription.lower()
    if wanted and all(one.id != wanted for one in call.world.subscriptions):
        message = f"The subscription '{call.address.subscription}' could not be found."
        raise gateway(404, "SubscriptionNotFound", message)


def _all_resources(call: Call) -> Reply:
    """List what a subscription or a group holds, as ARM knows it: without properties."""
    require_group(call, call.address)
    return page(
        call,
        catalogue.filtered(call, [one for one in call.state.under(call.address.scope) if one.type != GROUPS]),
    )


def _groups(call: Call) -> Reply:
    kind, found = REGISTRY[GROUPS], call.state.under(call.address.scope, GROUPS)
    return page(call, [kind.view(one) for one in catalogue.wanted(call, found)])


_PLAIN: dict[tuple[str, str], Callable[[Call], Reply]] = {
    ("root", "providers"): lambda call: page(call, catalogue.providers(call)),
    ("root", "subscriptions"): lambda call: Reply(200, catalogue.subscriptions(call)),
    ("root", "tenants"): lambda call: Reply(200, catalogue.tenants(call)),
    ("subscription", ""): lambda call: Reply(200, catalogue.subscription(call)),
    ("subscription", "locations"): lambda call: Reply(200, catalogue.locations(call)),
    ("subscription", "providers"): lambda call: page(call, catalogue.providers(call)),
    ("subscription", "resources"): _all_resources,
    ("subscription", "resourcegroups"): _groups,
    ("group", "resources"): _all_resources,
}
