"""What a pickle would build, as symbols: nothing here is ever an object of the model's own classes."""

from dataclasses import dataclass, field
from typing import Any

LONGEST_TEXT = 2_000
LONGEST_BYTES = 64 * 1024
LONGEST_RAW = 64_000_000


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle imports; `kind` is None when the allow-list does not know it."""

    module: str
    name: str
    kind: str | None = None

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Seq:
    """A list, tuple, set or frozenset. `dropped` counts the items that were not kept."""

    type: str
    items: list[Any] = field(default_factory=list)
    dropped: int = 0
    weight: int = 1  # what it unfolds to when shared parts are counted each time
    sealed: bool = False  # it was checked as a part of something: nothing may be added any more


@dataclass(eq=False, slots=True)
class Map:
    """A dict as pairs in writing order."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    dropped: int = 0
    sealed: bool = False

    def get(self, key: str, default: Any = None) -> Any:
        """The value written last for a key of text."""
        return next((v for k, v in reversed(self.pairs) if isinstance(k, str) and k == key), default)


@dataclass(eq=False, slots=True)
class Obj:
    """An instance: what made it, with which arguments, and the state that it was given."""

    made_by: Any
    args: Any = None
    state: Any = None
    items: list[Any] = field(default_factory=list)  # appended to it
    pairs: list[tuple[Any, Any]] = field(default_factory=list)  # set in it
    raw: bytes | None = None  # an array's bytes, behind it in a joblib file
    facts: Any = None  # of an array that compiled code follows (`native_parts`)

    def attributes(self) -> Map:
        """Its attributes, where the state is a dict (or a pair with one)."""
        state = self.state
        if isinstance(state, Seq) and state.type == "tuple":
            state = next((one for one in state.items if isinstance(one, Map)), None)
        return state if isinstance(state, Map) else Map()

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute."""
        return self.attributes().get(name, default)

    @property
    def type_name(self) -> str:
        """The class or function that made it."""
        return self.made_by.name if isinstance(self.made_by, Global) else ""


@dataclass(eq=False, slots=True)
class Large:
    """A text, number or bytes value that is too long to keep."""

    type: str
    size: int
    head: bytes = b""  # its first bytes, where they look like a booster of trees
    checked: bool = False  # it is a booster of trees, read to its end
    used: bool = False  # it is the data of an array
    raw: bytes | None = None  # all of it, until the next long value is read


@dataclass(frozen=True, slots=True)
class Persistent:
    """A value that the loader would be asked for by this id."""

    id: Any


class _Lost:
    def __repr__(self) -> str:
        return "something not followed"


LOST: Any = _Lost()
MARK: Any = object()


def shown(value: Any, depth: int = 0) -> str:
    """A value in a reason: short, one line."""
    if isinstance(value, Global):
        return str(value)
    if isinstance(value, Seq):
        inner = ", ".join(shown(one, depth + 1) for one in value.items[:4]) if depth < 3 else "…"
        return f"({inner}{', …' if len(value.items) > 4 else ''})"
    if isinstance(value, Map):
        return "{…}" if value.pairs else "{}"
    if isinstance(value, Obj):
        return f"<{value.type_name or 'an object'}>"
    if isinstance(value, Persistent):
        return "<a stored tensor>"
    if isinstance(value, Large):
        return f"<{value.size} bytes of {value.type}>"
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
