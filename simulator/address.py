"""How ARM reads a path: scope, namespace, types and names in turns, all without regard to case."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """A path taken apart.  ``scope`` is what stands before the last ``/providers/``; ``parts`` is what follows
    the namespace there, or all segments after the scope where no provider is named."""

    path: str
    subscription: str = ""
    group: str = ""
    scope: str = ""
    namespace: str = ""
    parts: tuple[str, ...] = ()

    @property
    def type_path(self) -> str:
        """The types without the namespace: ``servers/databases``."""
        return "/".join(self.parts[::2])

    @property
    def type(self) -> str:
        """The full type in lower case, the key of the registry."""
        return f"{self.namespace}/{self.type_path}".lower()

    @property
    def names(self) -> tuple[str, ...]:
        """The names, outermost first."""
        return self.parts[1::2]

    @property
    def name(self) -> str:
        """The innermost name."""
        if not self.namespace and not self.parts:
            return self.group or self.subscription
        return self.parts[-1] if self.is_item else ""

    @property
    def is_item(self) -> bool:
        """True for one resource, False for a list or an action."""
        return bool(self.parts) and len(self.parts) % 2 == 0

    @property
    def parent(self) -> Address:
        """The address one step up: the parent of a child resource."""
        cut = self.path.rstrip("/").rsplit("/", 2)[0]
        return parse(cut)

    @property
    def without_action(self) -> Address:
        """The address with its last segment off: what an action acts on."""
        return parse(self.path.rstrip("/").rsplit("/", 1)[0])


def parse(path: str) -> Address:
    """Take a path apart; names keep the case in which they were written."""
    clean = "/" + "/".join(part for part in path.split("/") if part)
    segments = clean.split("/")[1:]
    lower = [segment.lower() for segment in segments]
    subscription = segments[1] if lower[:1] == ["subscriptions"] and len(segments) > 1 else ""
    group = segments[3] if lower[2:3] == ["resourcegroups"] and len(segments) > 3 else ""
    if "providers" in lower[:-1]:
        at = len(lower) - 1 - lower[::-1].index("providers")
        if at + 1 < len(segments):
            scope = "".join(f"/{segment}" for segment in segments[:at])
            return Address(clean, subscription, group, scope, segments[at + 1], tuple(segments[at + 2 :]))
    depth = 4 if group else 2 if subscription else 0
    scope = "".join(f"/{segment}" for segment in segments[:depth])
    return Address(clean, subscription, group, scope, "", tuple(segments[depth:]))
