"""Compressed streams, told by their first bytes and decompressed a bounded chunk at a time."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from services.models.inspection.findings import Broken, Budget, Report
from services.models.inspection.streams import CHUNK, Stream

_MAKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31),
    "zlib": lambda: zlib.decompressobj(15),
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=200_000_000),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=200_000_000),
}
_SEVERAL = {"gzip", "bz2", "xz"}  # whose readers go on with the next stream, as Python's do
UNREADABLE = {
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x9d": "compress (.Z)",
    b"ZF0x": "joblib before 0.9",
    b"blosc": "Blosc",
}


def compression(head: bytes) -> str | None:
    """Which compression a file starts with; None when it is none that is read here."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bz2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"\x5d\x00\x00") and len(head) >= 13:
        return "lzma"
    if len(head) > 2 and head[0] & 0x8F == 8 and (head[0] << 8 | head[1]) % 31 == 0 and not head[1] & 0x20:
        return "zlib"
    return None


def decompressed(source: Stream, kind: str, budget: Budget, report: Report) -> Stream:
    """What a compressed stream holds. Bytes behind its end, and damage, are findings of `report`."""
    inflater = _Inflater(source, kind, budget, report)
    return Stream(inflater.read)


class _Inflater:
    def __init__(self, source: Stream, kind: str, budget: Budget, report: Report) -> None:
        self._source, self._kind, self._budget, self._report = source, kind, budget, report
        self._engine = _MAKERS[kind]()
        self._pending, self._done = b"", False

    def read(self, count: int) -> bytes:
        """Up to a chunk of plain bytes; b"" at the end."""
        while not self._done:
            if self._engine.eof and not self._next():
                break
            data = self._pump()
            if data:
                self._budget.inflate(len(data))
                return data
        return b""

    def _pump(self) -> bytes:
        wants = bool(self._pending) or not getattr(self._engine, "needs_input", True)
        if not wants:
            self._pending = self._source.take(len(self._source.peek(CHUNK)))
            if not self._pending:
                raise Broken(f"the {self._kind} stream ends before its end mark")
        try:
            if self._kind in ("gzip", "zlib"):
                data = self._engine.decompress(self._pending, CHUNK)
                self._pending = self._engine.unconsumed_tail
            else:
                data = self._engine.decompress(self._pending, CHUNK)
                self._pending = b""
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
            raise Broken(f"the {self._kind} stream is damaged ({error})") from None
        return bytes(data)

    def _next(self) -> bool:
        """Go on with a further stream behind the first, where Python's reader would; else report what is left."""
        left = self._engine.unused_data
        left += self._source.take(len(self._source.peek(max(0, 64 - len(left)))))
        if not left:
            self._done = True
        elif self._kind in _SEVERAL and compression(left) == self._kind:
            self._report.unknown(
                f"It is several {self._kind} streams in a row, which joblib reads without end."
            )
            self._engine, self._pending = _MAKERS[self._kind](), left
            return True
        else:
            self._report.unknown(f"Bytes follow the end of the {self._kind} stream; no writer does that.")
            self._done = True
        return False
