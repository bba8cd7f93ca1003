"""What a namespace answers besides its resources: name checks, deleted vaults, capabilities."""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.call import Call, Reply

NAMESPACES: dict[str, Namespace] = {}


class Namespace:
    """A provider namespace with answers of its own.  A subclass that names ``namespace`` registers itself."""

    namespace: ClassVar[str] = ""
    actions: ClassVar[dict[str, str]] = {}  # POST right under the namespace: action in lower case -> method

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        NAMESPACES[cls.namespace.lower()] = cls()

    def action(self, call: Call) -> Reply | None:
        """Run a POST right under the namespace; None when there is none of that name."""
        method = self.actions.get(call.address.parts[0].lower()) if len(call.address.parts) == 1 else None
        return getattr(self, method)(call) if method else None

    def other(self, call: Call) -> Reply | None:
        """Answer an address that is neither a type nor an action, such as ``locations/x/deletedVaults``."""
        return None
