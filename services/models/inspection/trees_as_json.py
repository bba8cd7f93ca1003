"""JSON and UBJSON read forwards with bounded memory: the trees of a model are handed on one at a time."""

import json
import re
import struct
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from services.models.inspection.findings import Broken, Budget
from services.models.inspection.streams import CHUNK, Stream

DEEPEST = 100
_STREAMED = "trees"  # the one list that is too long to keep: each part is handed on and dropped
LONGEST = 64_000_000
_SPACE = re.compile(rb"[ \t\r\n]*")
_NUMBERS = re.compile(rb"[-+0-9.eE, \t\r\n]*")
_PLAIN = re.compile(rb"-?[0-9.eE+\-]+|true|false|null|NaN|-?Infinity")
_DTYPES = {b"i": "i1", b"U": "u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_SIZES = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}


Each = Callable[[Any], None]


class Reader(Protocol):
    """Reads one value."""

    def value(self, keep: bool, depth: int) -> Any:
        """The next value; None where it is not kept."""


class Json:
    """JSON text."""

    def __init__(self, source: Stream, budget: Budget, each: Each | None = None) -> None:
        self._source, self._budget, self._each = source, budget, each

    def value(self, keep: bool = True, depth: int = 0) -> Any:
        """The next value; None where it is not kept."""
        _check(depth, self._budget)
        self._space()
        first = self._source.peek(1)
        if first == b"{":
            return self._object(keep, depth)
        if first == b"[":
            return self._array(keep, depth)
        if first == b'"':
            return self._string()
        found = _PLAIN.match(self._source.peek(64))
        if not found:
            raise Broken(f"byte {self._source.position} is no JSON")
        try:
            return json.loads(self._source.take(len(found[0])))
        except ValueError:
            raise Broken(f"byte {self._source.position} is no JSON") from None

    def _object(self, keep: bool, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._source.take(1)
        while not self._ends(b"}", bool(found) or None):
            key = self._string()
            self._space()
            if self._source.take(1) != b":":
                raise Broken(f"byte {self._source.position} is no JSON")
            _once(key, found)
            found[key] = (
                self._listed(depth + 1) if self._each and key == _STREAMED else self.value(keep, depth + 1)
            )
        return found

    def _listed(self, depth: int) -> list[Any]:
        """A list whose parts are handed on, one at a time."""
        self._space()
        if self._source.take(1) != b"[" or not self._each:
            raise Broken(f"byte {self._source.position} is no list")
        started = False
        while not self._ends(b"]", started or None):
            self._each(self.value(True, depth + 1))
            started = True
        return []

    def _array(self, keep: bool, depth: int) -> list[Any]:
        found: list[Any] = []
        self._source.take(1)
        if keep and (plain := self._plain()) is not None:
            return plain
        self._numbers() if not keep else None
        started = False
        while not self._ends(b"]", started or None):
            value = self.value(keep, depth + 1)
            started = True
            if keep:
                found.append(value)
        return found

    def _plain(self) -> list[Any] | None:
        """A list of numbers at once; None when it holds anything else."""
        size = 4096
        while (end := (ahead := self._source.peek(size)).find(b"]")) < 0:
            if not _NUMBERS.fullmatch(ahead) or len(ahead) < size or size > LONGEST:
                return None
            size *= 4
        if not _NUMBERS.fullmatch(ahead[:end]):
            return None
        try:
            return list(json.loads(b"[" + self._source.take(end + 1)))
        except ValueError:
            raise Broken(f"byte {self._source.position} is no JSON") from None

    def _numbers(self) -> None:
        """Pass over a run of numbers at once, up to the last one, which is read as any value."""
        while len(_NUMBERS.match(self._source.peek(64))[0]) == 64:  # type: ignore[index]
            ahead = self._source.peek(CHUNK)
            found = _NUMBERS.match(ahead)
            end = found.end() if found else 0
            last = ahead.rfind(b",", 0, end)
            if last < 0:
                return
            self._source.pass_over(last + 1)

    def _ends(self, mark: bytes, started: bool | None) -> bool:
        self._space()
        if self._source.peek(1) == mark:
            self._source.take(1)
            return True
        if started:
            if self._source.take(1) != b",":
                raise Broken(f"byte {self._source.position} is no JSON")
            self._space()
        return False

    def _string(self) -> str:
        seen, size = 1, CHUNK
        if self._source.peek(1) != b'"':
            raise Broken(f"byte {self._source.position} is no JSON")
        while True:
            ahead = self._source.peek(size)
            end = ahead.find(b'"', seen)
            if end < 0:
                if len(ahead) < size or size > 16_000_000:
                    raise Broken(f"a text at byte {self._source.position} has no end")
                seen, size = len(ahead), size * 2
                continue
            slashes = len(ahead[:end]) - len(ahead[:end].rstrip(b"\\"))
            if slashes % 2 == 0:
                try:
                    return str(json.loads(self._source.take(end + 1), strict=False))
                except ValueError:
                    raise Broken(f"a text before byte {self._source.position} is no JSON") from None
            seen = end + 1

    def _space(self) -> None:
        found = _SPACE.match(self._source.peek(16))
        while found and found.end():
            self._source.take(found.end())
            found = _SPACE.match(self._source.peek(16))


class Ubjson:
    """UBJSON as XGBoost writes it. https://ubjson.org/ is the format."""

    def __init__(self, source: Stream, budget: Budget, each: Each | None = None) -> None:
        self._source, self._budget, self._each = source, budget, each

    def value(self, keep: bool = True, depth: int = 0) -> Any:
        """The next value; None where it is not kept."""
        _check(depth, self._budget)
        return self._typed(self._source.take(1), keep, depth)

    def _typed(self, kind: bytes, keep: bool, depth: int) -> Any:
        if kind in _SIZES:
            return struct.unpack(_SIZES[kind], self._source.take(struct.calcsize(_SIZES[kind])))[0]
        if kind in (b"T", b"F", b"Z", b"N"):
            return {b"T": True, b"F": False}.get(kind)
        if kind in (b"S", b"H"):
            return self._text(self._source.take(1), keep)
        if kind == b"C":
            return self._source.take(1).decode("latin-1")
        if kind == b"{":
            return self._object(keep, depth)
        if kind == b"[":
            return self._array(keep, depth)
        raise Broken(f"byte {self._source.position} is no UBJSON")

    def _size(self, kind: bytes) -> int:
        if kind not in (b"i", b"U", b"I", b"l", b"L"):
            raise Broken(f"byte {self._source.position} is no UBJSON length")
        size = int(struct.unpack(_SIZES[kind], self._source.take(struct.calcsize(_SIZES[kind])))[0])
        if size < 0:
            raise Broken(f"byte {self._source.position} has a negative length")
        return size

    def _text(self, kind: bytes, keep: bool = True) -> str:
        size = self._size(kind)
        if size > 1_000_000 or not keep:
            self._source.pass_over(size)
            return ""
        return self._source.take(size).decode("utf-8", "replace")

    def _object(self, keep: bool, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (kind := self._source.take(1)) != b"}":
            key = self._text(kind)
            _once(key, found)
            value = (
                self._listed(depth + 1) if self._each and key == _STREAMED else self.value(keep, depth + 1)
            )
            found[key] = value if keep else None
        return found

    def _listed(self, depth: int) -> list[Any]:
        """A list whose parts are handed on, one at a time."""
        if self._source.take(1) != b"[" or not self._each:
            raise Broken(f"byte {self._source.position} is no list")
        counted = self._source.peek(1) == b"#"
        left = self._size(self._source.take(2)[1:]) if counted else -1
        while left if counted else self._source.peek(1) != b"]":
            self._each(self.value(True, depth + 1))
            left -= 1
        self._source.take(0 if counted else 1)
        return []

    def _array(self, keep: bool, depth: int) -> Any:
        found: list[Any] = []
        kind = b""
        if self._source.peek(1) == b"$":
            kind = self._source.take(2)[1:]
        if self._source.peek(1) == b"#":
            return self._counted(kind, self._size(self._source.take(2)[1:]), keep, depth)
        while self._source.peek(1) != b"]":
            value = self.value(keep, depth + 1)
            found += [value] if keep else []
        self._source.take(1)
        return found

    def _counted(self, kind: bytes, count: int, keep: bool, depth: int) -> Any:
        if kind in _SIZES:
            return self._row(kind, count, keep)
        values = []
        for _ in range(count):
            value = self._typed(kind, keep, depth + 1) if kind else self.value(keep, depth + 1)
            _check(depth, self._budget)
            values += [value] if keep else []
        return values

    def _row(self, kind: bytes, count: int, keep: bool) -> Any:
        size = count * struct.calcsize(_SIZES[kind])
        if not keep:
            self._source.pass_over(size)
            return []
        if size > LONGEST:
            raise Broken(f"a list at byte {self._source.position} has {count} numbers")
        row = np.frombuffer(self._source.take(size), _DTYPES[kind])
        return row.tolist() if count < 1000 else row


def _once(key: str, found: dict[str, Any]) -> None:
    if key in found:
        raise Broken(f"{key[:40]!r} stands twice in one object")


def _check(depth: int, budget: Budget) -> None:
    if depth > DEEPEST:
        raise Broken("it is nested more than 100 deep")
    budget.step(1)
