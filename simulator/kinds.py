"""What a resource type is: declarations on top of each provider's class, and the verbs that follow from them.

The order of checks is ARM's: group, registration, region and parent at the gateway; name, body and meaning at the
provider.  https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from simulator import operations, regions
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.declared import Declared
from simulator.errors import invalid_content, parent_not_found
from simulator.gatehouse import check_region, require_group
from simulator.operations import Operation
from simulator.reserved import refuse_reserved
from simulator.schema import merged, read, without_nulls
from simulator.state import Resource
from simulator.world import World, timestamp

REGISTRY: dict[str, Kind] = {}
#: Asked for types that are not registered; ``providers.strangers`` is the only one that answers.
STRANGERS: list[Callable[[str], Kind | None]] = []

#: A synchronous request takes as long as it takes on Azure, but never keeps a client waiting longer than this.
LONGEST_REQUEST = 1.0


class Kind(Declared):
    """A resource type with its verbs.  A subclass that names ``arm_type`` registers itself."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "arm_type" in cls.__dict__:
            REGISTRY[cls.arm_type.lower()] = cls()

    def get(self, call: Call) -> Reply:
        """Answer a GET on one resource."""
        resource = self.require(call)
        return Reply(200, self.seen(call, resource), self.stamps(resource))

    def require(self, call: Call, address: Address | None = None) -> Resource:
        """Return the addressed resource, or raise the 404 that fits: group, parent or the resource itself."""
        address = address or call.address
        found = call.state.get(address.path)
        if found is None or found.type != self.arm_type.lower():
            require_group(call, address)
            self.require_parent(call, address, "read")
            raise self.missing(address)
        return found

    def require_container(self, call: Call) -> None:
        """Raise the error for a write into a group that is not there, or that is being deleted."""
        require_group(call, call.address, writing=True)

    def check_region(self, call: Call, existing: Resource | None) -> None:
        """Refuse a region that does not have the type."""
        check_region(call, self.arm_type, self.closed_regions, existing)

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the 404 for a child whose parent is not there."""
        if len(address.names) > 1 and call.state.get(address.parent.path) is None:
            raise parent_not_found(action, address.type_path, address.parent.path)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """Return every resource of this type under the addressed scope, or under the addressed parent."""
        scope = call.address.without_action.path if len(call.address.parts) > 1 else call.address.scope
        return [self.seen(call, resource) for resource in call.state.under(scope, self.arm_type)]

    def put(self, call: Call) -> Reply:
        """Create or replace."""
        existing = call.state.get(call.address.path)
        self.require_container(call)
        self.require_parent(call, call.address, "write")
        _check_shape(call.body)
        if self.regional:
            self.check_region(call, existing)
        if existing is None:
            if self.regional and len(call.address.names) == 1:
                refuse_reserved(call.address.name)
            self.check_name(call, call.address.name)
        request = self._known(without_nulls(call.body), existing)
        return self._write(call, request, existing)

    def patch(self, call: Call) -> Reply:
        """Change some of it: the change is laid over what was asked before, and read as a whole."""
        existing = self.require(call)
        call.body = {} if call.body is None else call.body
        _check_shape(call.body)
        request = merged(existing.request, self._known(without_nulls(call.body), existing))
        return self._write(call, request, existing)

    def delete(self, call: Call) -> Reply:
        """Delete; 204 when there is nothing to delete."""
        require_group(call, call.address)
        self.require_parent(call, call.address, "delete")
        resource = call.state.get(call.address.path)
        if resource is None:
            return Reply(204)
        self._check_idle(call, resource)
        return self._remove(call, resource)

    def action(self, call: Call, name: str) -> Reply | None:
        """Run an action on a resource; None when the type has no such action."""
        verb = "" if call.method == "POST" else f"{call.method} "
        method = self.actions.get(verb + name.lower())
        return (
            getattr(self, method)(call, self.require(call, call.address.without_action)) if method else None
        )

    # -- steps --------------------------------------------------------------------------------------------------

    def canonical_id(self, call: Call) -> str:
        """Return the ID as answers spell it: the scope as it is stored, our spelling of the types."""
        address = call.address
        parent = (
            call.state.get(address.scope) if len(address.names) < 2 else call.state.get(address.parent.path)
        )
        types = (self.casing or self.arm_type).split("/")
        if len(address.names) > 1 and parent is not None:
            return f"{parent.id}/{types[-1]}/{address.name}"
        scope = parent.id if parent else f"/subscriptions/{address.subscription}"
        pairs = "".join(f"/{kind}/{name}" for kind, name in zip(types[1:], address.names, strict=True))
        return f"{scope}/providers/{types[0]}{pairs}"

    def system_data(self, call: Call, existing: Resource | None) -> dict[str, str]:
        """Return who made and who changed a resource, and when."""
        now, who = timestamp(call.world.now()), str(call.caller.get("appid") or call.caller.get("upn", ""))
        kind = "Application" if call.caller.get("idtyp") == "app" else "User"
        made = (existing.body.get("systemData") if existing else None) or {
            "createdBy": who,
            "createdByType": kind,
            "createdAt": now,
        }
        changed = {"lastModifiedBy": who, "lastModifiedByType": kind, "lastModifiedAt": now}
        return {key: made[key] for key in ("createdBy", "createdByType", "createdAt")} | changed

    def finish(self, world: World, operation: Operation) -> None:
        """Bring about what an operation has been working at."""
        resource = world.state.get(operation.resource)
        if resource is None:
            return
        if operation.action == "delete" and not operation.error:
            self.deleted(world, resource)
            world.state.remove(resource.id)
            return
        if resource.state == "Deleting" and operation.action != "delete":
            return  # its group is being deleted meanwhile
        resource.state = "Failed" if operation.error else "Succeeded"
        world.state.put(resource)
        if operation.action == "create" and not operation.error:
            self.created(world, resource)

    def _write(self, call: Call, request: dict[str, Any], existing: Resource | None) -> Reply:
        body = read(self.body, request)
        if existing is not None:
            self._check_idle(call, existing)
        late = self.check(call, body, existing)
        resource = existing or self._new(call)
        resource.request = self.remembered(request)
        self._fill(call, request, resource, existing)
        creating = existing is None
        action = "create" if creating else "update"
        status, style = self.status_of(call, action), self.style_of(call, action)
        seconds = self.seconds if creating else self.update_seconds
        if style is None:
            return self._done(call, resource, status, seconds, action)
        resource.state = self.creating if creating else "Updating"
        call.state.put(resource)
        operation = operations.begin(call.world, resource, action, seconds, style, late, self.held)
        headers = operations.headers(call.world, operation, style, call.api_version)
        return Reply(status, self.accepted(call, action, resource, operation), headers)

    def _done(self, call: Call, resource: Resource, status: int, seconds: float, action: str) -> Reply:
        resource.state = "Succeeded"
        call.state.put(resource)
        if action == "create":
            self.created(call.world, resource)
        headers = self.stamps(resource)
        return Reply(status, self.shown(call, action, resource), headers, request_time(call.world, seconds))

    def _remove(self, call: Call, resource: Resource) -> Reply:
        status, style = self.status_of(call, "delete"), self.style_of(call, "delete")
        if style is None:
            self.deleted(call.world, resource)
            call.state.remove(resource.id)
            return Reply(status, None, delay=request_time(call.world, self.delete_seconds))
        resource.state = "Deleting"
        call.state.put(resource)
        operation = operations.begin(call.world, resource, "delete", self.delete_seconds, style)
        headers = operations.headers(call.world, operation, style, call.api_version)
        body = self.accepted(call, "delete", resource, operation) if status == 202 else None
        return Reply(status, body, headers)

    def _new(self, call: Call) -> Resource:
        now = call.world.now()
        return Resource(
            self.canonical_id(call), self.arm_type.lower(), call.address.name, "", {}, created=now
        )

    def _fill(
        self, call: Call, request: dict[str, Any], resource: Resource, existing: Resource | None
    ) -> None:
        who = self.system_data(call, existing)
        body: dict[str, Any] = {
            "id": resource.id,
            "name": resource.name,
            "type": self.casing or self.arm_type,
        }
        if self.regional:
            body["location"] = regions.normal(request.get("location") or resource.location)
            body["tags"] = request.get("tags", {})
        for key in ("sku", "kind", "identity"):
            if key in request and self.body.knows(key):
                body[key] = copy.deepcopy(request[key])
        if self.keeps_system_data:
            body["systemData"] = who
        body["properties"] = copy.deepcopy(request.get("properties", {}))
        before, resource.body = resource.body, body
        self.build(call, body, resource, before)

    def _known(self, request: dict[str, Any], existing: Resource | None) -> dict[str, Any]:
        """Leave out read-only properties that a client sends back as it got them."""
        properties, field = request.get("properties"), self.body.model_fields.get("properties")
        if existing is None or not isinstance(properties, dict) or field is None:
            return request
        model = next((part for part in _parts(field.annotation) if hasattr(part, "model_fields")), None)
        if model is None or model.model_config.get("extra") == "allow":
            return request
        shown, known = self.view(existing).get("properties", {}), set(model.model_fields)
        kept = {key: value for key, value in properties.items() if key in known or key not in shown}
        return {**request, "properties": kept}

    def _check_idle(self, call: Call, resource: Resource) -> None:
        operation = operations.running(call.world, resource.id)
        if operation and (error := self.busy(call, resource, operation)):
            raise error


def kind_of(arm_type: str) -> Kind | None:
    """Return the kind of a type in any case, also of those that are only kept and not understood."""
    return REGISTRY.get(arm_type.lower()) or next(
        (found for make in STRANGERS if (found := make(arm_type))), None
    )


def finish(world: World, operation: Operation) -> None:
    """Let the type bring about what its operation has been working at."""
    if (kind := kind_of(operation.type)) is not None:
        kind.finish(world, operation)


def _check_shape(body: Any) -> None:
    """Refuse a body that is no resource at all: ARM reads this much before it asks a provider."""
    if not isinstance(body, dict):
        raise invalid_content("Error converting value to type 'ResourceDefinition'. Path ''")
    for key in ("properties", "tags"):
        if not isinstance(body.get(key, {}), dict | None):
            raise invalid_content(f"Error converting value to type 'ResourceDefinition'. Path '{key}'")


def request_time(world: World, seconds: float) -> float:
    """Return how long a synchronous request keeps its client waiting."""
    return min(seconds * world.pace, LONGEST_REQUEST)


def matches(rule: str, name: str) -> bool:
    """Tell whether a name fits a rule from its first character to its last."""
    return re.fullmatch(rule, name) is not None


def _parts(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", ()) or (annotation,)
