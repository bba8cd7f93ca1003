"""What a resource type is: declarations on top of each provider's class, and the verbs that follow from them.

The order of checks is ARM's: group, registration, region and parent at the gateway; name, body and meaning at the
provider.  https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

import copy
import re
from typing import Any, ClassVar

from simulator import operations, regions
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError, invalid_content, parent_not_found, resource_not_found
from simulator.gatehouse import check_region, require_group
from simulator.operations import Operation, Style
from simulator.reserved import refuse_reserved
from simulator.schema import Tracked, merged, read, without_nulls
from simulator.state import Resource
from simulator.world import World, timestamp

REGISTRY: dict[str, Kind] = {}

#: A synchronous request takes as long as it takes on Azure, but never keeps a client waiting longer than this.
LONGEST_REQUEST = 1.0


class Kind:
    """A resource type.  A subclass that names ``arm_type`` registers itself."""

    arm_type: ClassVar[str] = ""
    casing: ClassVar[str] = ""  # how answers spell the type, where that differs
    body: ClassVar[type[Tracked]] = Tracked
    api_versions: ClassVar[tuple[str, str]] = ("2015-01-01", "2026-12-31")  # oldest, newest
    regional: ClassVar[bool] = True
    closed_regions: ClassVar[frozenset[str]] = frozenset()
    state_key: ClassVar[str] = "provisioningState"  # "" where a type shows none
    creating: ClassVar[str] = "Creating"
    seconds: ClassVar[float] = 1.0
    update_seconds: ClassVar[float] = 2.0
    delete_seconds: ClassVar[float] = 1.0
    create_status: ClassVar[int] = 200
    update_status: ClassVar[int] = 200
    delete_status: ClassVar[int] = 200
    create_style: ClassVar[Style | None] = None  # None: it is done when the answer comes
    update_style: ClassVar[Style | None] = None
    delete_style: ClassVar[Style | None] = None
    deletion_rank: ClassVar[int] = 5  # a group's deletion removes low ranks first
    actions: ClassVar[dict[str, str]] = {}  # POST on an item: action in lower case -> method

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "arm_type" in cls.__dict__:
            REGISTRY[cls.arm_type.lower()] = cls()

    # -- what a provider's class may say about itself -----------------------------------------------------------

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a name that breaks the type's rule, is reserved, or belongs to somebody else."""

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse what is well-formed but wrong (raise); return an error that only shows when the work is done."""
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Fill ``body`` with what Azure adds: defaults, IDs, addresses; ``before`` is the body that it replaces."""

    def remembered(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the part of a request that may be kept: no secret."""
        return request

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write on a resource that is in the middle of an operation."""
        message = f"Another operation is in progress on resource '{resource.name}'. Please try again later."
        return ArmError(409, "Conflict", message)

    def missing(self, address: Address) -> ArmError:
        """Return the 404 for a resource of this type."""
        return resource_not_found(f"{address.namespace}/{_interleaved(address)}", address.group)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Return the body of an answer that only accepts the work."""
        return self.view(resource)

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Return the body of a poll at the Azure-AsyncOperation address."""
        body: dict[str, Any] = {"id": operation.status_path, "name": operation.id, "status": operation.state}
        body["startTime"] = timestamp(operation.started)
        if operation.state != "InProgress":
            body["endTime"] = timestamp(operation.ends)
            body["properties"] = {}
        if operation.error and operation.state == "Failed":
            body["error"] = operation.error
        return body

    def deleted(self, world: World, resource: Resource) -> None:
        """Keep what a soft delete keeps; called just before a resource goes."""

    def created(self, world: World, resource: Resource) -> None:
        """Do what happens when a creation has ended well."""

    # -- verbs --------------------------------------------------------------------------------------------------

    def view(self, resource: Resource) -> dict[str, Any]:
        """Return a resource as a GET shows it now."""
        body = copy.deepcopy(resource.body)
        properties = body.setdefault("properties", {})
        if self.state_key:
            properties[self.state_key] = self.state_word(resource.state)
        return body

    def state_word(self, state: str) -> str:
        """Return the type's own word for a provisioning state."""
        return state

    def get(self, call: Call) -> Reply:
        """Answer a GET on one resource."""
        return Reply(200, self.view(self.require(call)))

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
        return [self.view(resource) for resource in call.state.under(scope, self.arm_type)]

    def put(self, call: Call) -> Reply:
        """Create or replace."""
        existing = call.state.get(call.address.path)
        self.require_container(call)
        self.require_parent(call, call.address, "write")
        if not isinstance(call.body, dict):
            raise invalid_content("Error converting value to type 'ResourceDefinition'. Path ''")
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
        if not isinstance(call.body, dict):
            raise invalid_content("Error converting value to type 'ResourceDefinition'. Path ''")
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
        """Run a POST action on a resource; None when the type has no such action."""
        method = self.actions.get(name.lower())
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
        status = self.create_status if creating else self.update_status
        style = self.create_style if creating else self.update_style
        seconds = self.seconds if creating else self.update_seconds
        if style is None:
            return self._done(call, resource, status, seconds, creating)
        resource.state = self.creating if creating else "Updating"
        call.state.put(resource)
        operation = operations.begin(call.world, resource, action, seconds, style, late)
        headers = operations.headers(call.world, operation, style, call.api_version)
        return Reply(status, self.accepted(call, action, resource, operation), headers)

    def _done(self, call: Call, resource: Resource, status: int, seconds: float, creating: bool) -> Reply:
        resource.state = "Succeeded"
        call.state.put(resource)
        if creating:
            self.created(call.world, resource)
        return Reply(status, self.view(resource), delay=request_time(call.world, seconds))

    def _remove(self, call: Call, resource: Resource) -> Reply:
        style = self.delete_style
        if style is None:
            self.deleted(call.world, resource)
            call.state.remove(resource.id)
            return Reply(self.delete_status, None, delay=request_time(call.world, self.delete_seconds))
        resource.state = "Deleting"
        call.state.put(resource)
        operation = operations.begin(call.world, resource, "delete", self.delete_seconds, style)
        headers = operations.headers(call.world, operation, style, call.api_version)
        body = self.accepted(call, "delete", resource, operation) if self.delete_status == 202 else None
        return Reply(self.delete_status, body, headers)

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
            if key in request:
                body[key] = copy.deepcopy(request[key])
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
        shown = self.view(existing).get("properties", {})
        known = set(getattr(model, "model_fields", {}))
        kept = {key: value for key, value in properties.items() if key in known or key not in shown}
        return {**request, "properties": kept}

    def _check_idle(self, call: Call, resource: Resource) -> None:
        operation = operations.running(call.world, resource.id)
        if operation and (error := self.busy(call, resource, operation)):
            raise error


def finish(world: World, operation: Operation) -> None:
    """Let the type bring about what its operation has been working at."""
    if operation.type in REGISTRY:
        REGISTRY[operation.type].finish(world, operation)


def request_time(world: World, seconds: float) -> float:
    """Return how long a synchronous request keeps its client waiting."""
    return min(seconds * world.pace, LONGEST_REQUEST)


def matches(rule: str, name: str) -> bool:
    """Tell whether a name fits a rule from its first character to its last."""
    return re.fullmatch(rule, name) is not None


def _interleaved(address: Address) -> str:
    return (
        "/".join((address.type_path, *address.names)) if len(address.names) < 2 else "/".join(address.parts)
    )


def _parts(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", ()) or (annotation,)
