"""What stands under a resource and has little to say: services, policies, rules, settings.

Their bodies are kept as they are given; what Azure adds to them is declared.  A singleton is there as long as its
parent is, with its defaults, and a PUT only changes it.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from pydantic import ConfigDict

from simulator.address import Address, parse
from simulator.call import Call
from simulator.kinds import Kind
from simulator.schema import Tracked
from simulator.state import Resource


class Free(Tracked):
    """A body that is kept as it is given."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    properties: dict[str, Any] | None = None


class Child(Kind):
    """A resource below another."""

    body = Free
    regional = False
    state_key = ""
    deletion_rank = 1
    keeps_system_data = False
    defaults: ClassVar[dict[str, Any]] = {}  # properties that Azure fills in
    singleton: ClassVar[str] = ""  # the only name, for what is always there

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Lay what is given over the defaults."""
        body["properties"] = copy.deepcopy(self.defaults) | body["properties"]

    def require(self, call: Call, address: Address | None = None) -> Resource:
        """Return the resource; a singleton is born when somebody looks."""
        address = address or call.address
        if self.singleton and address.name.lower() == self.singleton and call.state.get(address.path) is None:
            self.require_parent(call, address, "read")
            return self.born(call, address)
        return super().require(call, address)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List them, with the singleton that nobody has written yet."""
        if self.singleton and call.address.names:
            only = parse(f"{call.address.path}/{self.singleton}")
            return [self.seen(call, self.require(call, only))]
        return super().list(call)

    def born(self, call: Call, address: Address) -> Resource:
        """Return a resource as it is before anybody has written it."""
        first = Call(call.world, "PUT", address, call.query, {}, call.caller)
        resource = self._new(first)
        resource.state = "Succeeded"
        self._fill(first, {}, resource, None)
        return resource
