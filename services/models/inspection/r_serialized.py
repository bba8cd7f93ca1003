"""R's serialization (saveRDS), read without R: values, calls, functions and environments as plain nodes.

https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats is the format.
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.models.inspection.findings import Broken, Budget
from services.models.inspection.streams import Stream

SYMBOL, LIST, CLOSURE, ENVIRONMENT, PROMISE, CALL, SPECIAL, BUILTIN, TEXT = 1, 2, 3, 4, 5, 6, 7, 8, 9
LOGICAL, INTEGER, REAL, COMPLEX, STRINGS, DOTS, VECTOR, EXPRESSION, BYTECODE = (
    10,
    13,
    14,
    15,
    16,
    17,
    19,
    20,
    21,
)
POINTER, WEAK, RAW, S4, ALTREP, ATTR_LIST, ATTR_CALL = 22, 23, 24, 25, 238, 239, 240
REFERENCE, PERSISTENT, PACKAGE, NAMESPACE, BC_REF, BC_DEF = 255, 247, 248, 249, 243, 244
_NOTHING = {
    254: "NULL",
    253: "global",
    252: "unbound",
    251: "missing",
    250: "base namespace",
    242: "empty",
    241: "base",
}
_WIDTHS = {LOGICAL: 4, INTEGER: 4, REAL: 8, COMPLEX: 16, RAW: 1}
_DEEPEST = 250
_SEQUENCE = 100_000_000
KEPT = 5_000  # elements of a vector


@dataclass(eq=False, slots=True)
class Node:
    """A value of R. `items` are a vector's elements, or a pair list's as (tag, value) pairs."""

    type: int
    items: list[Any] = field(default_factory=list)
    attributes: dict[str, "Node"] = field(default_factory=dict)
    name: str = ""
    print: str = ""  # of a function or expression: what it says, as a hash

    def get(self, name: str) -> "Node | None":
        """An element of a named list."""
        names = self.attributes.get("names")
        listed = names.items if names else []
        return next(
            (v for n, v in zip(listed, self.items, strict=False) if n == name and isinstance(v, Node)), None
        )


class Reader:
    """Reads one serialized value; `saw` is told of every node, and whether it lies within a function."""

    def __init__(self, source: Stream, budget: Budget, saw: Callable[[Node, bool], None]) -> None:
        self._source, self._budget, self._saw = source, budget, saw
        self._references: list[Node] = []
        self._within, self._depth, self._calls = 0, 0, 0
        self._prints: list[Any] = []
        self.version = ""

    def read(self) -> Node:
        """The header and the value."""
        if self._source.take(2) != b"X\n":
            raise Broken("it is not in R's binary form (XDR)")
        version, writer, _ = (self._integer() for _ in range(3))
        if version not in (2, 3):
            raise Broken(f"it is of version {version} of R's serialization")
        if version == 3:
            self._source.take(min(self._integer(), 100))
        self.version = ".".join(str(writer >> shift & 255) for shift in (16, 8, 0))
        return self.item()

    def item(self) -> Node:
        """The next value."""
        flags = self._integer()
        kind = flags & 255
        self._budget.step(1)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Broken("it is nested more than 250 deep")
        if kind != REFERENCE:
            self._mark(f"@{kind}")
        node = self._item(kind, flags)
        self._depth -= 1
        self._saw(node, bool(self._within))
        return node

    def _item(self, kind: int, flags: int) -> Node:
        if kind in _NOTHING:
            self._mark(_NOTHING[kind])
            return Node(0, name=_NOTHING[kind])
        if kind == REFERENCE:
            return self._reference(flags >> 8 or self._integer())
        if kind in (CALL, ATTR_CALL):
            return self._call(kind, flags)
        if kind in (LIST, CLOSURE, PROMISE, DOTS, ATTR_LIST):
            return self._pairs(kind, flags)
        reader = _READERS.get(kind)
        if reader is None and kind not in _WIDTHS:
            raise Broken(f"it has a value of the unknown kind {kind} (byte {self._source.position})")
        node = reader(self, kind) if reader else self._vector(kind)
        if flags & 512 and kind not in (ENVIRONMENT, ALTREP):
            node.attributes = self._attributes()
        return node

    def _attributes(self) -> dict[str, Node]:
        """Attributes; a call among them (a formula's `predvars`) is evaluated by itself, so it is judged by itself."""
        calls, self._calls = self._calls, 0
        found = _named(self.item())
        self._calls = calls
        return found

    def _call(self, kind: int, flags: int) -> Node:
        """A call; the outermost one is judged as a whole and carries the hash of it."""
        if self._calls or self._within:
            return self._pairs(kind, flags)
        self._calls += 1
        self._prints.append(hashlib.sha256())
        node = self._pairs(kind, flags)
        node.print = self._prints.pop().hexdigest()[:24]
        self._calls -= 1
        return node

    def _pairs(self, kind: int, flags: int) -> Node:
        """Pair lists, calls and functions: cells of (attributes, tag, value), one behind the other."""
        top = Node(CALL if kind == ATTR_CALL else LIST if kind == ATTR_LIST else kind)
        first = True
        while True:
            if flags & 512 or kind in (ATTR_CALL, ATTR_LIST):
                top.attributes |= self._attributes()
            if kind in (CLOSURE, PROMISE):
                return (self._closure if kind == CLOSURE else self._promise)(top, flags)
            self._mark(f"({kind}" if first else ",")
            tag = self.item() if flags & 1024 else None
            top.items.append((tag.name if tag else "", self.item()))
            if len(top.items) > 1_000_000:
                raise Broken("it has a list of more than a million parts")
            flags, first = self._integer(), False
            if flags & 255 not in (LIST, CALL, ATTR_LIST, ATTR_CALL):
                return self._last_cell(top, flags)
            kind = flags & 255

    def _last_cell(self, top: Node, flags: int) -> Node:
        rest = self._item(flags & 255, flags)
        if rest.name != "NULL":
            top.items.append(("", rest))
        self._mark(")")
        return top

    def _closure(self, top: Node, flags: int) -> Node:
        top.items.append(("environment", self.item() if flags & 1024 else Node(0)))
        self._within += 1
        self._prints.append(hashlib.sha256())
        top.items += [("arguments", self.item()), ("body", self.item())]
        top.print = self._prints.pop().hexdigest()[:24]
        self._mark(f"function {top.print}")
        self._within -= 1
        return top

    def _promise(self, top: Node, flags: int) -> Node:
        """A kept promise has a value and no environment; its expression is not run any more."""
        environment = self.item() if flags & 1024 else Node(0, name="NULL")
        value = self.item()
        self._within += 1
        expression = self.item()
        self._within -= 1
        top.items = [("environment", environment), ("value", value), ("expression", expression)]
        return top

    def _expression(self, kind: int) -> Node:
        self._within += 1
        self._prints.append(hashlib.sha256())
        node = self._list(kind)
        node.print = self._prints.pop().hexdigest()[:24]
        self._within -= 1
        return node

    def _symbol(self, kind: int) -> Node:
        node = Node(SYMBOL, name=self.item().name)
        self._references.append(node)
        return node

    def _reference(self, index: int) -> Node:
        if not 0 < index <= len(self._references):
            raise Broken("it refers to a value that is not there")
        node = self._references[index - 1]
        for mark in (f"@{SYMBOL}", f"@{TEXT}", node.name) if node.type == SYMBOL else ("environment",):
            self._mark(mark)
        return node

    def _environment(self, kind: int) -> Node:
        self._integer()
        node = Node(ENVIRONMENT)
        self._references.append(node)
        kept = self._prints, self._within, self._calls
        self._prints, self._within, self._calls = [], 0, 0
        node.items = [(name, self.item()) for name in ("enclosure", "frame", "table", "attributes")]
        self._prints, self._within, self._calls = kept
        return node

    def _named_place(self, kind: int) -> Node:
        """A package, a namespace or a name that the loader is asked for."""
        self._integer()
        names = [self.item().name for _ in range(self._count(10))]
        node = Node(kind, name=names[0] if names else "")
        self._references.append(node)
        return node

    def _pointer(self, kind: int) -> Node:
        node = Node(kind)
        self._references.append(node)
        if kind == POINTER:
            node.items = [self.item(), self.item()]
        return node

    def _builtin(self, kind: int) -> Node:
        name = self._source.take(self._count(1000)).decode("utf-8", "replace")
        self._mark(name)
        return Node(kind, name=name)

    def _text(self, kind: int) -> Node:
        size = self._integer()
        if size > 1_000_000:
            self._source.pass_over(size)
            return Node(TEXT, name="…")
        name = "NA" if size < 0 else self._source.take(size).decode("utf-8", "replace")
        self._mark(name)
        return Node(TEXT, name=name)

    def _vector(self, kind: int) -> Node:
        count, width = self._long(), _WIDTHS[kind]
        if count > KEPT or kind in (COMPLEX, RAW):
            if self._prints:
                self._mark(hashlib.sha256(self._source.take(min(count * width, 10_000_000))).hexdigest())
            else:
                self._source.pass_over(count * width)
            return Node(kind, name=str(count))
        data = self._source.take(count * width)
        self._mark(data.hex())
        return Node(kind, list(struct.unpack(f">{count}{'d' if width == 8 else 'i'}", data)))

    def _strings(self, kind: int) -> Node:
        count = self._long()
        node = Node(kind)
        for i in range(count):
            one = self.item().name
            if i < KEPT:
                node.items.append(one)
        return node

    def _list(self, kind: int) -> Node:
        node = Node(kind)
        for i in range(self._long()):
            one = self.item()
            if i < KEPT:
                node.items.append(one)
        return node

    def _altrep(self, kind: int) -> Node:
        info, state, attributes = self.item(), self.item(), self._attributes()
        made = [value.name for _, value in info.items[:2]] if info.type == LIST else []
        if any(isinstance(one, float) and one > _SEQUENCE for one in state.items[:1]):
            raise Broken(f"a sequence of {state.items[0]:.0f} numbers is written as three: a bomb for memory")
        return Node(ALTREP, [state], attributes, name=":".join(reversed(made)))

    def _bytecode(self, kind: int) -> Node:
        self._integer()
        self._within += 1
        node = self._code()
        self._within -= 1
        return node

    def _code(self) -> Node:
        node = Node(BYTECODE, [self.item()])
        for _ in range(self._count(1_000_000)):
            kind = self._integer()
            node.items.append(self._code() if kind == BYTECODE else self._code_part(kind))
        return node

    def _code_part(self, kind: int) -> Node:
        """Calls among a function's constants are written with shared parts."""
        if kind == BC_REF:
            self._mark(f"#{self._integer()}")
            return Node(0)
        if kind not in (BC_DEF, CALL, LIST, ATTR_CALL, ATTR_LIST):
            return self.item()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Broken("it is nested more than 250 deep")
        if kind == BC_DEF:
            self._mark(f"={self._integer()}")
            kind = self._integer()
        self._mark(f"[{kind}")
        if kind in (ATTR_CALL, ATTR_LIST):
            self._attributes()
        tag, first = self.item(), self._code_part(self._integer())
        rest = self._code_part(self._integer())
        self._depth -= 1
        node = Node(
            CALL if kind in (CALL, ATTR_CALL) else LIST,
            [(tag.name, first), *(rest.items if rest.type else [])],
        )
        self._saw(node, True)
        return node

    def _mark(self, text: str) -> None:
        if self._prints:
            self._prints[-1].update(f"{len(text)}:{text}".encode("utf-8", "surrogateescape"))

    def _integer(self) -> int:
        return int(struct.unpack(">i", self._source.take(4))[0])

    def _count(self, limit: int) -> int:
        count = self._integer()
        if not 0 <= count <= limit:
            raise Broken(f"it has a length of {count} (byte {self._source.position})")
        return count

    def _long(self) -> int:
        count = self._integer()
        if count == -1:
            count = self._count(1 << 16) << 32 | self._integer() & 0xFFFFFFFF
        if count < 0:
            raise Broken(f"it has a negative length (byte {self._source.position})")
        return count


def _named(node: Node) -> dict[str, Node]:
    return {name: value for name, value in node.items if name} if node.type == LIST else {}


_READERS: dict[int, Callable[[Reader, int], Node]] = {
    SYMBOL: Reader._symbol, ENVIRONMENT: Reader._environment, PERSISTENT: Reader._named_place,
    PACKAGE: Reader._named_place, NAMESPACE: Reader._named_place, POINTER: Reader._pointer, WEAK: Reader._pointer,
    SPECIAL: Reader._builtin, BUILTIN: Reader._builtin, TEXT: Reader._text, STRINGS: Reader._strings,
    VECTOR: Reader._list, EXPRESSION: Reader._expression, ALTREP: Reader._altrep, BYTECODE: Reader._bytecode,
    S4: lambda reader, kind: Node(S4),
}  # fmt: skip
