"""A walk through a pickle that follows every instruction and runs none.

It keeps the stack and the memo as an unpickler would, with symbols for objects, so that every import, call and state
is seen with its true arguments wherever they come from. Whatever cannot be followed is a finding. What was seen before
a stream breaks off counts: an unpickler would have run it.
"""

import codecs
import struct
from collections.abc import Callable
from typing import Any

from services.models.inspection import rules
from services.models.inspection.allowed import is_dangerous, kinds, python3_name
from services.models.inspection.findings import Broken, Report, TooMuch
from services.models.inspection.streams import Stream
from services.models.inspection.symbols import (
    LONGEST_BYTES,
    LONGEST_TEXT,
    LOST,
    MARK,
    Global,
    Large,
    Map,
    Obj,
    Persistent,
    Seq,
    shown,
)

MEMO = 1_000_000
STACK = 2_000_000
WEIGHT = 10**12
ArrayReader = Callable[["Machine", Obj], Obj]


class Machine:
    """One pickle stream. `array` reads what joblib puts behind an array wrapper; torch allows `persistent` ids."""

    def __init__(
        self, source: Stream, report: Report, array: ArrayReader | None = None, persistent: bool = False
    ) -> None:
        self.source, self.report, self.array, self.persistent = source, report, array, persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.imports: dict[tuple[str, str], Global] = {}
        self.protocol, self.frame_end, self.steps, self.at, self.memoized = 0, 0, 0, 0, 0

    def run(self) -> Any:
        """Walk to STOP and return what is built; `Broken` when the stream ends or errs before."""
        source, operations = self.source, _OPERATIONS
        while True:
            self.at = source.position
            code = source.take(1)
            if code == b".":
                return self._pop()
            operation = operations.get(code)
            if operation is None:
                raise Broken(f"byte {self.at} is no pickle instruction ({code[0]:#04x})")
            self.steps += 1
            if self.steps & 0xFFFF == 0:
                self.report.budget.step(0x10000)
                if len(self.stack) > STACK:
                    raise TooMuch("the pickle keeps more than two million values on its stack")
            operation(self)

    def blocked(self, reason: str) -> None:
        """A finding at this instruction."""
        self.report.blocked(f"{reason} (byte {self.at})")

    def unknown(self, reason: str) -> None:
        """A finding at this instruction."""
        self.report.unknown(f"{reason} (byte {self.at})")

    # stack and memo

    def _push(self, value: Any) -> None:
        self.stack.append(value)

    def _pop(self) -> Any:
        if not self.stack or self.stack[-1] is MARK:
            raise Broken(f"byte {self.at} takes a value that is not there")
        return self.stack.pop()

    def _top(self) -> Any:
        if not self.stack or self.stack[-1] is MARK:
            raise Broken(f"byte {self.at} looks at a value that is not there")
        return self.stack[-1]

    def _to_mark(self) -> list[Any]:
        stack = self.stack
        for i in range(len(stack) - 1, -1, -1):
            if stack[i] is MARK:
                items = stack[i + 1 :]
                del stack[i:]
                return items
        raise Broken(f"byte {self.at} looks for a mark that is not there")

    def put(self, index: int) -> None:
        """Keep the top under a number. A number far ahead makes an unpickler ask for memory up to it."""
        if index > self.steps + 1000:
            self.unknown(
                f"A memo number of {index} would make the loader ask for memory that it does not need"
            )
        value = self._top()
        if len(self.memo) < MEMO or index in self.memo or type(value) is Global:
            self.memo[index] = value
        self.memoized = max(self.memoized, index + 1)

    def get(self, index: int) -> None:
        """Push what was kept under a number."""
        if index not in self.memo and index >= self.memoized:
            raise Broken(f"byte {self.at} takes a value that was never kept")
        self._push(self.memo.get(index, LOST))

    def memoize(self) -> None:
        """Keep the top under the next number."""
        self.put(len(self.memo) if len(self.memo) < MEMO else self.memoized)

    # values

    def text(self, size: int) -> None:
        """Push a text of UTF-8 bytes."""
        if size > LONGEST_TEXT:
            head = self._head(size)
            self.source.pass_over(size)
            return self._push(Large("text", size, head))
        return self._push(self.source.take(size).decode("utf-8", "surrogateescape"))

    def data(self, size: int) -> None:
        """Push bytes."""
        if size > LONGEST_BYTES:
            head = self._head(size)
            self.source.pass_over(size)
            return self._push(Large("bytes", size, head))
        return self._push(self.source.take(size))

    def _head(self, size: int) -> bytes:
        start = self.source.peek(13)
        boosters = (b"{L\0\0\0\0\0\0\0\x06Con", b"tree\nversion=", b"{L\0\0\0\0\0\0\0\x07lea")
        return self.source.peek(min(size, LONGEST_BYTES)) if start in boosters else b""

    def number(self, size: int) -> None:
        """Push a little-endian number of so many bytes."""
        if size > LONGEST_TEXT:
            self.source.pass_over(max(0, size))
            self.unknown(f"A number of {size} bytes")
            return self._push(Large("number", size))
        if size < 0:
            raise Broken(f"byte {self.at} has a number of negative length")
        return self._push(int.from_bytes(self.source.take(size), "little", signed=True))

    def written(self, kind: str) -> None:
        """Push a value written as a line of text (protocol 0)."""
        line = self.source.line()
        try:
            self._push(_WRITTEN[kind](line))
        except (ValueError, UnicodeError, IndexError):
            raise Broken(f"the line at byte {self.at} is no {kind}") from None

    # containers

    def tuple_of(self, items: list[Any]) -> None:
        """Push a tuple."""
        self._kept(items)
        weight = 1 + sum(one.weight if type(one) is Seq else 1 for one in items)
        seq = Seq("tuple", items, weight=min(weight, WEIGHT))
        if len(items) > 16:
            seq.items, seq.dropped = self._keep(items)
        self._push(seq)

    def extend(self, items: list[Any]) -> None:
        """Append to the list, set or object on the top."""
        target = self._top()
        self._kept(items)
        kept, dropped = self._keep(items)
        if type(target) is Seq and target.type in ("list", "set"):
            for one in items if target.type == "set" else ():
                self._guard(rules.check_key, one)
            target.items += kept
            target.dropped += dropped
            added = sum(one.weight if type(one) is Seq else 1 for one in kept)
            target.weight = min(WEIGHT, target.weight + added + dropped)
        elif isinstance(target, Obj):
            target.items += kept
        else:
            self.blocked(f"It would append to {shown(target)}, which is no list of this file")

    def update(self, items: list[Any]) -> None:
        """Set keys of the dict or object on the top."""
        if len(items) % 2:
            raise Broken(f"byte {self.at} sets a key without a value")
        target = self._top()
        self._kept(items)
        for key in items[::2]:
            if type(key) is Seq:
                self._guard(rules.check_key, key)
        pairs = list(zip(items[::2], items[1::2], strict=True))
        kept, dropped = self._keep(pairs)
        if isinstance(target, Map | Obj):
            target.pairs += kept
            if isinstance(target, Map):
                target.dropped += dropped
        else:
            self.blocked(f"It would set keys of {shown(target)}, which is no dict of this file")

    def frozen(self) -> None:
        """Push a frozenset."""
        items = self._to_mark()
        self._kept(items)
        for one in items:
            self._guard(rules.check_key, one)
        kept, dropped = self._keep(items)
        self._push(Seq("frozenset", kept, dropped, 1 + sum(one.weight for one in kept if type(one) is Seq)))

    def _keep(self, items: list[Any]) -> tuple[list[Any], int]:
        room = self.report.budget.objects
        kept = items if len(items) <= room else items[:room]
        self.report.budget.objects -= len(kept)
        return kept, len(items) - len(kept)

    def _kept(self, items: list[Any]) -> None:
        """Functions that are only harmless with checked arguments must not be kept for a later call."""
        for one in items:
            if type(one) is Global and one.kind == "rule":
                self.blocked(f"{one} would be kept and could be called later with anything")

    # imports, calls, states

    def imported(self, module: Any, name: Any) -> None:
        """Push what a name stands for, after looking it up in the allow-list."""
        if not isinstance(module, str) or not isinstance(name, str):
            self.blocked(f"It imports a name that is not spelt out ({shown(module)}, {shown(name)})")
            return self._push(LOST)
        if self.protocol < 3:
            module, name = python3_name(module, name)
        found = self.imports.get((module, name))
        if found is None:
            found = Global(module, name, kinds().get((module, name)))
            if len(self.imports) < 10_000:
                self.imports[module, name] = found
            self._judge(found)
        return self._push(found)

    def _judge(self, found: Global) -> None:
        if found.kind is not None:
            return
        if is_dangerous(found.module):
            self.blocked(f"It imports {found}, which can run programs or code")
        elif "." in found.name:
            self.blocked(f"It imports {found} by a dotted name, which reaches inside a module")
        elif found.module == "__main__":
            self.unknown(
                f"It needs {found}: a class or function of the script that made it, whose code is not here"
            )
        else:
            self.unknown(f"It needs {found}, which is not among the names that are known to be safe")

    def instance(self, callee: Any, args: Any, making: bool = False) -> None:
        """Push what a call gives."""
        result: Any = Obj(callee) if isinstance(callee, Global) else LOST
        try:
            result = rules.call(callee, args, making)
        except rules.Refused as refused:
            (self.blocked if refused.blocked else self.unknown)(str(refused).rstrip("."))
        self._push(result)

    def keyword_instance(self) -> None:
        """NEWOBJ_EX: `__new__` with keywords too."""
        keywords, args = self._pop(), self._pop()
        if not isinstance(keywords, Map) or keywords.pairs:
            self.unknown(f"{shown(self._top())} is made with named arguments")
        self.instance(self._pop(), args, making=True)

    def state(self) -> None:
        """BUILD: give the object below the state on the top."""
        state = self._pop()
        made = self._top()
        self._kept([state])
        self._guard(lambda _: rules.build(made, state), None)
        if isinstance(made, Obj):
            made.state = state
            if made.type_name == "NumpyArrayWrapper" and self.array:
                self.stack[-1] = self.array(self, made)

    def _guard(self, check: Callable[[Any], None], value: Any) -> None:
        try:
            check(value)
        except rules.Refused as refused:
            (self.blocked if refused.blocked else self.unknown)(str(refused).rstrip("."))

    def asked(self, id: Any) -> None:
        """A persistent id: only torch's own shape is known."""
        self._kept(id.items if isinstance(id, Seq) else [id])
        storage = isinstance(id, Seq) and len(id.items) in (5, 6) and id.items[0] == "storage"
        known = storage and isinstance(id.items[1], Global) and id.items[1].kind == "value"
        if not self.persistent or not known:
            self.unknown(f"It asks its loader for {shown(id)}, which only its own program can give")
        self._push(Persistent(id))

    def extension(self, size: int) -> None:
        """EXT1, EXT2, EXT4: names by number, registered elsewhere."""
        self.blocked(f"It imports a name by the number {int.from_bytes(self.source.take(size), 'little')}")
        self._push(LOST)

    def out_of_band(self) -> None:
        """NEXT_BUFFER: bytes that are not in the file."""
        self.unknown("It needs buffers that are not in the file")
        self._push(Large("bytes", -1))


def _u(machine: Machine, size: int) -> int:
    return int.from_bytes(machine.source.take(size), "little")


def _set_protocol(machine: Machine) -> None:
    machine.protocol = _u(machine, 1)
    if machine.protocol > 5:
        raise Broken(f"it is of pickle protocol {machine.protocol}, which does not exist")


def _frame(machine: Machine) -> None:
    size = _u(machine, 8)
    machine.frame_end = machine.source.position + size


def _global(machine: Machine, encoding: str = "utf-8") -> tuple[str, str]:
    return tuple(machine.source.line().decode(encoding, "replace") for _ in range(2))  # type: ignore[return-value]


def _inst(machine: Machine) -> None:
    module, name = _global(machine, "ascii")
    items = machine._to_mark()
    machine.imported(module, name)
    machine.instance(machine._pop(), Seq("tuple", items))


def _obj(machine: Machine) -> None:
    items = machine._to_mark()
    if not items:
        raise Broken("an OBJ instruction has no class")
    machine.instance(items[0], Seq("tuple", items[1:]))


def _stack_global(machine: Machine) -> None:
    name, module = machine._pop(), machine._pop()
    machine.imported(module, name)


def _reduce(machine: Machine, making: bool = False) -> None:
    args = machine._pop()
    machine.instance(machine._pop(), args, making)


def _pop(machine: Machine) -> None:
    if not machine.stack:
        raise Broken("it takes a value from an empty stack")
    machine.stack.pop()


def _few(machine: Machine, count: int) -> None:
    machine.tuple_of([machine._pop() for _ in range(count)][::-1])


def _one(machine: Machine, count: int) -> list[Any]:
    return [machine._pop() for _ in range(count)][::-1]


def _dict(machine: Machine) -> None:
    items = machine._to_mark()
    machine._push(Map())
    machine.update(items)


def _list(machine: Machine) -> None:
    items = machine._to_mark()
    machine._push(Seq("list"))
    machine.extend(items)


def _integer(line: bytes) -> int:
    return {b"00": False, b"01": True}.get(line) if line in (b"00", b"01") else _long(line)  # type: ignore[return-value]


def _long(line: bytes) -> int:
    if len(line) > 4000:
        raise ValueError
    return int(line.rstrip(b"L"), 0) if line else 0


def _string(line: bytes) -> str:
    if len(line) < 2 or line[:1] not in b"'\"" or line[:1] != line[-1:]:
        raise ValueError
    return codecs.escape_decode(line[1:-1])[0].decode("latin-1")


_WRITTEN: dict[str, Callable[[bytes], Any]] = {
    "integer": _integer,
    "long": _long,
    "float": lambda line: float(line),
    "string": _string,
    "text": lambda line: _short(str(line, "raw-unicode-escape")),
}
_OPERATIONS: dict[bytes, Callable[[Machine], Any]] = {
    b"(": lambda m: m.stack.append(MARK), b"0": _pop, b"1": lambda m: m._to_mark(), b"2": lambda m: m._push(m._top()),
    b"\x80": _set_protocol, b"\x95": _frame,
    b"F": lambda m: m.written("float"), b"G": lambda m: m._push(struct.unpack(">d", m.source.take(8))[0]),
    b"I": lambda m: m.written("integer"), b"L": lambda m: m.written("long"),
    b"J": lambda m: m._push(struct.unpack("<i", m.source.take(4))[0]),
    b"K": lambda m: m._push(m.source.take(1)[0]), b"M": lambda m: m._push(_u(m, 2)),
    b"\x8a": lambda m: m.number(_u(m, 1)),
    b"\x8b": lambda m: m.number(struct.unpack("<i", m.source.take(4))[0]),
    b"N": lambda m: m._push(None), b"\x88": lambda m: m._push(True), b"\x89": lambda m: m._push(False),
    b"S": lambda m: m.written("string"), b"V": lambda m: m.written("text"),
    b"T": lambda m: _old_string(m, struct.unpack("<i", m.source.take(4))[0]), b"U": lambda m: _old_string(m, _u(m, 1)),
    b"X": lambda m: m.text(_u(m, 4)), b"\x8c": lambda m: m.text(_u(m, 1)), b"\x8d": lambda m: m.text(_u(m, 8)),
    b"B": lambda m: m.data(_u(m, 4)), b"C": lambda m: m.data(_u(m, 1)), b"\x8e": lambda m: m.data(_u(m, 8)),
    b"\x96": lambda m: m.data(_u(m, 8)), b"\x97": lambda m: m.out_of_band(), b"\x98": lambda m: m._top(),
    b"]": lambda m: m._push(Seq("list")), b"}": lambda m: m._push(Map()), b")": lambda m: m._push(Seq("tuple")),
    b"\x8f": lambda m: m._push(Seq("set")), b"\x91": lambda m: m.frozen(),
    b"a": lambda m: m.extend(_one(m, 1)), b"e": lambda m: m.extend(m._to_mark()),
    b"\x90": lambda m: m.extend(m._to_mark()), b"s": lambda m: m.update(_one(m, 2)),
    b"u": lambda m: m.update(m._to_mark()), b"d": _dict, b"l": _list, b"t": lambda m: m.tuple_of(m._to_mark()),
    b"\x85": lambda m: _few(m, 1), b"\x86": lambda m: _few(m, 2), b"\x87": lambda m: _few(m, 3),
    b"c": lambda m: m.imported(*_global(m)), b"\x93": _stack_global, b"i": _inst, b"o": _obj,
    b"R": _reduce, b"\x81": lambda m: _reduce(m, True), b"\x92": lambda m: m.keyword_instance(),
    b"b": lambda m: m.state(), b"P": lambda m: m.asked(m.source.line().decode("latin-1")),
    b"Q": lambda m: m.asked(m._pop()), b"\x82": lambda m: m.extension(1), b"\x83": lambda m: m.extension(2),
    b"\x84": lambda m: m.extension(4),
    b"p": lambda m: m.put(_index(m)), b"q": lambda m: m.put(_u(m, 1)), b"r": lambda m: m.put(_u(m, 4)),
    b"\x94": lambda m: m.memoize(),
    b"g": lambda m: m.get(_index(m)), b"h": lambda m: m.get(_u(m, 1)), b"j": lambda m: m.get(_u(m, 4)),
}  # fmt: skip


def _old_string(machine: Machine, size: int) -> None:
    if size < 0:
        raise Broken("a text has a negative length")
    if size > LONGEST_TEXT:
        machine.source.pass_over(size)
        return machine._push(Large("bytes", size))
    return machine._push(machine.source.take(size).decode("latin-1"))


def _short(text: str) -> str | Large:
    return text if len(text) <= LONGEST_BYTES else Large("text", len(text))


def _index(machine: Machine) -> int:
    try:
        return abs(int(machine.source.line()[:20]))
    except ValueError:
        raise Broken(f"byte {machine.at} has no memo number") from None
