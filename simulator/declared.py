"""What a resource type says about itself: declarations on top, then the hooks that its verbs call.

``kinds.Kind`` adds the verbs; a provider's class overrides what differs.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError, resource_not_found
from simulator.operations import Operation, Style
from simulator.schema import Tracked
from simulator.state import Resource
from simulator.world import World, timestamp


class Declared:
    """A resource type, as far as it can be told without a request."""

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
    held: ClassVar[bool] = (
        False  # a write's operation waits for a worker in the background, not for the clock alone
    )
    deletion_rank: ClassVar[int] = 5  # a group's deletion removes low ranks first
    #: Actions on an item, in lower case -> method; POST, or the verb that stands before the name.
    actions: ClassVar[dict[str, str]] = {}
    keeps_system_data: ClassVar[bool] = True
    result_status: ClassVar[int] = 200  # of a finished operation at its Location address
    echoes_poll_address: ClassVar[bool] = False  # polls answer with their own Azure-AsyncOperation header
    full_pages_go_on: ClassVar[bool] = False  # a page that $top has filled has a nextLink, whatever follows
    tells_last_page: ClassVar[bool] = False  # the last page of a list has a nextLink too: null
    waits_after_end: ClassVar[bool] = False  # the last poll has a Retry-After too
    posts: ClassVar[bool] = False  # a POST on the list makes one, and the service names it

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

    def result_status_of(self, operation: Operation) -> int:
        """Return the status at the Location address when the work is done and there is something to show."""
        return self.result_status

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Answer at the Location address when there is nothing left to show."""
        return Reply(200)

    def post(self, call: Call) -> Reply:
        """Answer a POST on the list of a type that ``posts``."""
        raise NotImplementedError

    def deleted(self, world: World, resource: Resource) -> None:
        """Keep what a soft delete keeps; called just before a resource goes."""

    def created(self, world: World, resource: Resource) -> None:
        """Do what happens when a creation has ended well."""

    def status_of(self, call: Call, action: str) -> int:
        """Return the status that accepts an action; some types have changed theirs with an api-version."""
        return int(getattr(self, f"{action}_status"))

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return how an action's operation is told of; None when it is done with the answer."""
        style: Style | None = getattr(self, f"{action}_style")
        return style

    def shown(self, call: Call, action: str, resource: Resource) -> Any:
        """Return the body of a write's answer when the work is done."""
        return self.seen(call, resource)

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Return a resource as a GET of this api-version shows it."""
        return self.view(resource)

    def stamps(self, resource: Resource) -> dict[str, str]:
        """Return the headers that go with a resource: its ETag, where the type has one."""
        return {}

    def view(self, resource: Resource) -> dict[str, Any]:
        """Return a resource as it is now."""
        body = copy.deepcopy(resource.body)
        if self.state_key:
            body.setdefault("properties", {})[self.state_key] = self.state_word(resource.state)
        return body

    def state_word(self, state: str) -> str:
        """Return the type's own word for a provisioning state."""
        return state


def _interleaved(address: Address) -> str:
    return (
        "/".join((address.type_path, *address.names)) if len(address.names) < 2 else "/".join(address.parts)
    )
