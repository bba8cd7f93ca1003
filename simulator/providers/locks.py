"""Microsoft.Authorization: locks, at any scope.  https://learn.microsoft.com/rest/api/resources/management-locks"""

from __future__ import annotations

from typing import Any, Literal

from simulator.address import Address
from simulator.call import Call
from simulator.errors import ArmError, resource_not_found
from simulator.gatehouse import require_group
from simulator.kinds import Kind
from simulator.schema import Tracked, Wire
from simulator.state import Resource


class LockProperties(Wire):
    """What a lock forbids."""

    level: Literal["CanNotDelete", "ReadOnly"]
    notes: str | None = None
    owners: list[dict[str, Any]] | None = None


class LockBody(Tracked):
    """What a PUT on a lock may say."""

    properties: LockProperties


class Lock(Kind):
    """A lock of a subscription, a group or a resource; ``admission`` obeys it."""

    arm_type = "Microsoft.Authorization/locks"
    body = LockBody
    regional = False
    state_key = ""
    create_status = 201
    deletion_rank = 0

    def missing(self, address: Address) -> ArmError:
        """Return the 404 for a lock that is not there."""
        return ArmError(404, "LockNotFound", f"The lock '{address.name}' could not be found.")

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the 404 of what is to be locked."""
        if address.group:
            require_group(call, address)
            if call.state.get(address.scope) is None:
                raise resource_not_found(address.scope.rsplit("/providers/", 1)[-1], address.group)

    def canonical_id(self, call: Call) -> str:
        """Spell the scope as the request did."""
        return f"{call.address.scope}/providers/{self.arm_type}/{call.address.name}"

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List what holds at the scope: below it, and inherited from above."""
        scope, out = call.address.scope.lower(), []
        for lock in call.state.everything(self.arm_type):
            at = lock.key.rsplit("/providers/microsoft.authorization", 1)[0]
            if (at + "/").startswith(scope + "/") or (scope + "/").startswith(at + "/"):
                out.append(self.view(lock))
        return out

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Leave what was given."""
