"""The instructions of a pickle, byte by byte, as what each does to the `Machine`.

https://github.com/python/cpython/blob/main/Lib/pickletools.py describes every one.
"""

import codecs
import struct
from collections.abc import Callable
from typing import Any

from services.models.inspection.findings import Broken, TooMuch
from services.models.inspection.machine import Machine
from services.models.inspection.symbols import LONGEST_BYTES, LONGEST_TEXT, MARK, Large, Map, Seq

STACK = 1_000_000


def run(machine: Machine) -> Any:
    """Walk to STOP and return what is built; `Broken` when the stream ends or errs before."""
    source, operations = machine.source, _OPERATIONS
    while True:
        machine.at = source.position
        code = source.take(1)
        if code == b".":
            return _end(machine)
        operation = operations.get(code)
        if operation is None:
            raise Broken(f"byte {machine.at} is no pickle instruction ({code[0]:#04x})")
        machine.steps += 1
        if machine.steps & 0xFFFF == 0:
            machine.report.budget.step(0x10000)
            if len(machine.stack) > STACK:
                raise TooMuch("the pickle keeps more than a million values on its stack")
        operation(machine)
        if machine.at < machine.frame_end < source.position:
            machine.blocked("An instruction crosses the end of its frame: C's loader would skip a part of it")
            machine.frame_end = 0


def _end(machine: Machine) -> Any:
    if machine.frame_end > machine.source.position:
        machine.unknown("A frame goes on behind the end: the loader would ask for all its memory at once")
    if machine.long.bombs():
        machine.unknown("It holds hundreds of megabytes that are no array: a bomb for memory")
    return machine.pop()


def can_start(head: bytes) -> bool:
    """Whether the first byte is an instruction: a pickle needs no signature."""
    return head[:1] in _OPERATIONS


def _u(machine: Machine, size: int) -> int:
    return int.from_bytes(machine.source.take(size), "little")


def _set_protocol(machine: Machine) -> None:
    machine.protocol = _u(machine, 1)
    if machine.protocol > 5:
        raise Broken(f"it is of pickle protocol {machine.protocol}, which does not exist")


def _frame(machine: Machine) -> None:
    size = _u(machine, 8)
    if machine.at < machine.frame_end:
        machine.blocked("A frame lies within a frame: loaders would read it at different places")
    machine.frame_end = machine.source.position + size


def _global(machine: Machine, encoding: str = "utf-8") -> tuple[str, str]:
    return tuple(machine.source.line().decode(encoding, "replace") for _ in range(2))  # type: ignore[return-value]


def _inst(machine: Machine) -> None:
    module, name = _global(machine, "ascii")
    items = machine.to_mark()
    machine.imported(module, name)
    machine.instance(machine.pop(), Seq("tuple", items))


def _obj(machine: Machine) -> None:
    items = machine.to_mark()
    if not items:
        raise Broken("an OBJ instruction has no class")
    machine.instance(items[0], Seq("tuple", items[1:]))


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.imported(module, name)


def _reduce(machine: Machine, making: bool = False) -> None:
    args = machine.pop()
    machine.instance(machine.pop(), args, making)


def _pop(machine: Machine) -> None:
    if not machine.stack:
        raise Broken("it takes a value from an empty stack")
    machine.stack.pop()


def _few(machine: Machine, count: int) -> None:
    machine.tuple_of([machine.pop() for _ in range(count)][::-1])


def _one(machine: Machine, count: int) -> list[Any]:
    return [machine.pop() for _ in range(count)][::-1]


def _dict(machine: Machine) -> None:
    items = machine.to_mark()
    machine.push(Map())
    machine.update(items)


def _list(machine: Machine) -> None:
    items = machine.to_mark()
    machine.push(Seq("list"))
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
    b"(": lambda m: m.stack.append(MARK), b"0": _pop, b"1": lambda m: m.to_mark(), b"2": lambda m: m.push(m.top()),
    b"\x80": _set_protocol, b"\x95": _frame,
    b"F": lambda m: _written(m, "float"), b"G": lambda m: m.push(struct.unpack(">d", m.source.take(8))[0]),
    b"I": lambda m: _written(m, "integer"), b"L": lambda m: _written(m, "long"),
    b"J": lambda m: m.push(struct.unpack("<i", m.source.take(4))[0]),
    b"K": lambda m: m.push(m.source.take(1)[0]), b"M": lambda m: m.push(_u(m, 2)),
    b"\x8a": lambda m: m.number(_u(m, 1)),
    b"\x8b": lambda m: m.number(struct.unpack("<i", m.source.take(4))[0]),
    b"N": lambda m: m.push(None), b"\x88": lambda m: m.push(True), b"\x89": lambda m: m.push(False),
    b"S": lambda m: _written(m, "string"), b"V": lambda m: _written(m, "text"),
    b"T": lambda m: _old_string(m, struct.unpack("<i", m.source.take(4))[0]), b"U": lambda m: _old_string(m, _u(m, 1)),
    b"X": lambda m: m.text(_u(m, 4)), b"\x8c": lambda m: m.text(_u(m, 1)), b"\x8d": lambda m: m.text(_u(m, 8)),
    b"B": lambda m: m.data(_u(m, 4)), b"C": lambda m: m.data(_u(m, 1)), b"\x8e": lambda m: m.data(_u(m, 8)),
    b"\x96": lambda m: m.data(_u(m, 8)), b"\x97": lambda m: m.out_of_band(), b"\x98": lambda m: m.top(),
    b"]": lambda m: m.push(Seq("list")), b"}": lambda m: m.push(Map()), b")": lambda m: m.push(Seq("tuple")),
    b"\x8f": lambda m: m.push(Seq("set")), b"\x91": lambda m: m.frozen(),
    b"a": lambda m: m.extend(_one(m, 1)), b"e": lambda m: m.extend(m.to_mark()),
    b"\x90": lambda m: m.extend(m.to_mark()), b"s": lambda m: m.update(_one(m, 2)),
    b"u": lambda m: m.update(m.to_mark()), b"d": _dict, b"l": _list, b"t": lambda m: m.tuple_of(m.to_mark()),
    b"\x85": lambda m: _few(m, 1), b"\x86": lambda m: _few(m, 2), b"\x87": lambda m: _few(m, 3),
    b"c": lambda m: m.imported(*_global(m)), b"\x93": _stack_global, b"i": _inst, b"o": _obj,
    b"R": _reduce, b"\x81": lambda m: _reduce(m, True), b"\x92": lambda m: m.keyword_instance(),
    b"b": lambda m: m.state(), b"P": lambda m: m.asked(m.source.line().decode("latin-1")),
    b"Q": lambda m: m.asked(m.pop()), b"\x82": lambda m: m.extension(1), b"\x83": lambda m: m.extension(2),
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
        return machine.push(Large("bytes", size))
    return machine.push(machine.source.take(size).decode("latin-1"))


def _short(text: str) -> str | Large:
    return text if len(text) <= LONGEST_BYTES else Large("text", len(text))


def _written(machine: Machine, kind: str) -> None:
    """Push a value written as a line of text (protocol 0)."""
    line = machine.source.line()
    try:
        machine.push(_WRITTEN[kind](line))
    except (ValueError, UnicodeError, IndexError):
        raise Broken(f"the line at byte {machine.at} is no {kind}") from None


def _index(machine: Machine) -> int:
    try:
        return abs(int(machine.source.line()[:20]))
    except ValueError:
        raise Broken(f"byte {machine.at} has no memo number") from None
