"""A walk through a pickle that follows every instruction and runs none.

It keeps the stack and the memo as an unpickler would, with symbols for objects, so that every import, call and state
is seen with its true arguments wherever they come from. Whatever cannot be followed is a finding. What was seen before
a stream breaks off counts: an unpickler would have run it.
"""

from collections.abc import Callable
from typing import Any

from services.models.inspection import (
    arrays,
    boosters_in_pickles,
    distributions,
    native_parts,
    rules,
    torch_calls,
)
from services.models.inspection.allowed import is_dangerous, kinds, python3_name
from services.models.inspection.findings import Broken, Report
from services.models.inspection.long_values import LongValues
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
FEW = 100  # the attributes of an object: kept when long lists and vocabularies no longer are
NUMBERS = 10_000  # keys whose hashes a file can choose to be all the same
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
        self.numbers = 0
        self.storages: list[tuple[str, int]] = []
        self.long = LongValues(source, report.budget)

    def blocked(self, reason: str) -> None:
        """A finding at this instruction."""
        self.report.blocked(f"{reason} (byte {self.at})")

    def unknown(self, reason: str) -> None:
        """A finding at this instruction."""
        self.report.unknown(f"{reason} (byte {self.at})")

    # stack and memo

    def push(self, value: Any) -> None:
        """Put a value on the top."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the top off."""
        if not self.stack or self.stack[-1] is MARK:
            raise Broken(f"byte {self.at} takes a value that is not there")
        return self.stack.pop()

    def top(self) -> Any:
        """The top, which stays."""
        if not self.stack or self.stack[-1] is MARK:
            raise Broken(f"byte {self.at} looks at a value that is not there")
        return self.stack[-1]

    def to_mark(self) -> list[Any]:
        """Take everything down to the last mark, and the mark."""
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
        value = self.top()
        if len(self.memo) < MEMO or index in self.memo or type(value) is Global:
            self.memo[index] = value
        elif index != self.memoized:
            self.unknown("It keeps more than a million values under numbers that are not in order")
        self.memoized = max(self.memoized, index + 1)

    def get(self, index: int) -> None:
        """Push what was kept under a number."""
        if index not in self.memo and index >= self.memoized:
            raise Broken(f"byte {self.at} takes a value that was never kept")
        self.push(self.memo.get(index, LOST))

    def memoize(self) -> None:
        """Keep the top under the next number."""
        self.put(len(self.memo) if len(self.memo) < MEMO else self.memoized)

    # values

    def text(self, size: int) -> None:
        """Push a text of UTF-8 bytes."""
        if size > LONGEST_TEXT:
            return self.push(self.long.read("text", size))
        return self.push(self.source.take(size).decode("utf-8", "surrogateescape"))

    def data(self, size: int) -> None:
        """Push bytes."""
        if size > LONGEST_BYTES:
            return self.push(self.long.read("bytes", size))
        return self.push(self.source.take(size))

    def number(self, size: int) -> None:
        """Push a little-endian number of so many bytes."""
        if size > LONGEST_TEXT:
            self.source.pass_over(max(0, size))
            self.unknown(f"A number of {size} bytes")
            return self.push(Large("number", size))
        if size < 0:
            raise Broken(f"byte {self.at} has a number of negative length")
        return self.push(int.from_bytes(self.source.take(size), "little", signed=True))

    # containers

    def tuple_of(self, items: list[Any]) -> None:
        """Push a tuple."""
        self._kept(items)
        weight = 1 + sum(one.weight if type(one) is Seq else 1 for one in items)
        seq = Seq("tuple", items, weight=min(weight, WEIGHT))
        self.report.budget.tuples -= 1
        if self.report.budget.tuples < 0:
            seq.items, seq.dropped = [], len(items)
        elif len(items) > 16:
            seq.items, seq.dropped = self._keep(items)
        self.push(seq)

    def extend(self, items: list[Any]) -> None:
        """Append to the list, set or object on the top."""
        target = self.top()
        self._kept(items)
        kept, dropped = self._keep(items)
        if type(target) is Seq and target.type in ("list", "set"):
            self._keys(items if target.type == "set" else [])
            self._open(target)
            target.items += kept
            target.dropped += dropped
            added = sum(one.weight if type(one) is Seq else 1 for one in kept)
            target.weight = min(WEIGHT, target.weight + added + dropped)
        elif rules.takes_items(target):
            target.items += kept
        else:
            self.blocked(f"It would append to {shown(target)}, which is no list of this file")

    def update(self, items: list[Any]) -> None:
        """Set keys of the dict or object on the top."""
        if len(items) % 2:
            raise Broken(f"byte {self.at} sets a key without a value")
        target = self.top()
        self._kept(items)
        self._keys(items[::2])
        pairs = list(zip(items[::2], items[1::2], strict=True))
        kept, dropped = self._keep(pairs)
        if isinstance(target, Map | Obj):
            target.pairs += kept
            if isinstance(target, Map):
                self._open(target)
                target.dropped += dropped
        else:
            self.blocked(f"It would set keys of {shown(target)}, which is no dict of this file")

    def frozen(self) -> None:
        """Push a frozenset."""
        items = self.to_mark()
        self._kept(items)
        self._keys(items)
        kept, dropped = self._keep(items)
        self.push(Seq("frozenset", kept, dropped, 1 + sum(one.weight for one in kept if type(one) is Seq)))

    def _keys(self, keys: list[Any]) -> None:
        """Hash what is a key or in a set: texts are hashed with a secret, other keys as the file wants it."""
        for key in keys:
            kind = type(key)
            if kind is Seq:
                self._guard(rules.check_key, key)
            if kind is not str and kind is not bytes and not (kind is int and abs(key) < 1 << 60):
                self.numbers += 1
        if self.numbers > NUMBERS:
            self.numbers = -(1 << 60)
            self.unknown("It has thousands of keys that are no texts, which can all be made to collide")

    def _open(self, target: Seq | Map) -> None:
        if target.sealed:
            self.blocked(f"It would change {shown(target)} after it was given away and checked")

    def _keep(self, items: list[Any]) -> tuple[list[Any], int]:
        if len(items) <= FEW and self.report.budget.small > 0:
            self.report.budget.small -= len(items)
            return items, 0
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
            return self.push(LOST)
        if self.protocol < 3:
            module, name = python3_name(module, name)
        found = self.imports.get((module, name))
        if found is None:
            found = Global(module, name, self._kind(module, name))
            if len(self.imports) < 10_000:
                self.imports[module, name] = found
            self.report.imports += 1
            self._judge(found)
        return self.push(found)

    def _kind(self, module: str, name: str) -> str | None:
        """Kind in the allow-list. `getattr` is for discrete distributions, which a pickle names before it."""
        if name == "getattr" and not any(one.kind == distributions.KIND for one in self.imports.values()):
            return None
        return kinds().get((module, name))

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
        except arrays.Odd as odd:
            self.unknown(f"{str(odd)[0].upper()}{str(odd)[1:]}")
        if isinstance(result, Large):
            self.long.keep(result)
        self.push(result)

    def keyword_instance(self) -> None:
        """NEWOBJ_EX: `__new__` with keywords too."""
        keywords, args = self.pop(), self.pop()
        if not isinstance(keywords, Map) or keywords.pairs:
            self.unknown(f"{shown(self.top())} is made with named arguments")
        self.instance(self.pop(), args, making=True)

    def state(self) -> None:
        """BUILD: give the object below the state on the top."""
        state = self.pop()
        made = self.top()
        self._kept([state])
        self._guard(lambda _: rules.build(made, state), None)
        if isinstance(made, Obj):
            made.state = state
            self._fits(made, state)
            if made.type_name == "NumpyArrayWrapper" and self.array:
                self.stack[-1] = self.array(self, made)

    def _fits(self, made: Obj, state: Any) -> None:
        """What compiled code will follow must hold together."""
        if arrays.is_array(made):
            native_parts.note(made)
        elif made.type_name == "Booster":
            if odd := boosters_in_pickles.odd(made, state, self.report.budget):
                self.unknown(odd)
        elif odd := native_parts.odd(made, state):
            self.unknown(odd.rstrip("."))

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
        elif len(self.storages) < MEMO:
            self.storages.append(torch_calls.stored(id))
        self.push(Persistent(id))

    def extension(self, size: int) -> None:
        """EXT1, EXT2, EXT4: names by number, registered elsewhere."""
        self.blocked(f"It imports a name by the number {int.from_bytes(self.source.take(size), 'little')}")
        self.push(LOST)

    def out_of_band(self) -> None:
        """NEXT_BUFFER: bytes that are not in the file."""
        self.unknown("It needs buffers that are not in the file")
        self.push(Large("bytes", -1))
