"""Bytes of a file, forwards or at an offset, a chunk at a time: no file is ever in memory as a whole."""

import codecs
import os
import tempfile
from collections.abc import Callable
from typing import BinaryIO, Protocol

from services.models.inspection.findings import Broken

CHUNK = 256 * 1024
LINE = 16 * 1024 * 1024


class Place(Protocol):
    """Random access to bytes: a file, a part of it, or something decompressed to disk."""

    size: int

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`."""


class FilePlace:
    """An open file, or the part of it from `start` on."""

    def __init__(self, file: BinaryIO, start: int = 0, size: int | None = None) -> None:
        self._file, self._fd, self._start = file, file.fileno(), start
        self.size = os.fstat(self._fd).st_size - start if size is None else size

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`; none past the end."""
        return os.pread(self._fd, max(0, min(count, self.size - offset)), self._start + offset)

    def part(self, start: int, size: int) -> "FilePlace":
        """A place within this one."""
        return FilePlace(self._file, self._start + start, max(0, min(size, self.size - start)))


class Stream:
    """Bytes read forwards: exact reads, lines, a look ahead. Running out is `Broken`, never short data."""

    def __init__(self, read: Callable[[int], bytes], skip: Callable[[int], int] | None = None) -> None:
        self._read, self._skip = read, skip
        self.buffer, self.i, self.base = b"", 0, 0

    @property
    def position(self) -> int:
        """Bytes consumed so far."""
        return self.base + self.i

    def peek(self, count: int) -> bytes:
        """The next bytes without consuming them; fewer at the end."""
        self._fill(count)
        return self.buffer[self.i : self.i + count]

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes."""
        end = self.i + count
        if end > len(self.buffer):
            self._fill(count)
            end = self.i + count
            if end > len(self.buffer):
                raise Broken(f"it ends at byte {self.base + len(self.buffer)}, in the middle of a value")
        data = self.buffer[self.i : end]
        self.i = end
        return data

    def line(self) -> bytes:
        """A line without its newline; longer than 16 MB is `Broken`."""
        seen = 0
        while (end := self.buffer.find(b"\n", self.i + seen)) < 0:
            seen = len(self.buffer) - self.i
            if seen > LINE or len(self.peek(seen + CHUNK)) == seen:
                raise Broken(f"a line at byte {self.position} has no end")
        data = self.buffer[self.i : end]
        self.i = end + 1
        return data

    def pass_over(self, count: int) -> None:
        """Move on by `count` bytes without keeping them."""
        here = min(count, len(self.buffer) - self.i)
        self.i += here
        left = count - here
        if left and self._skip:
            moved = self._skip(left)
            self.base += len(self.buffer) + moved
            self.buffer, self.i, left = b"", 0, left - moved
        while left > 0 and (data := self._read(min(left, CHUNK))):
            self.base += len(self.buffer)
            self.buffer, self.i = data, min(left, len(data))  # a decompressor may give more than was asked
            left -= self.i
        if left > 0:
            raise Broken(f"it ends at byte {self.position}; {left} bytes are missing")

    def ended(self) -> bool:
        """Whether nothing is left."""
        return not self.peek(1)

    def _fill(self, count: int) -> None:
        missing = count - (len(self.buffer) - self.i)
        parts = []
        while missing > 0 and (data := self._read(max(CHUNK, min(missing, CHUNK)))):
            parts.append(data)
            missing -= len(data)
        if parts:
            self.base += self.i
            self.buffer, self.i = b"".join([self.buffer[self.i :], *parts]), 0


class Section:
    """The next `size` bytes of a stream as a stream of their own; `latin` undoes UTF-8 on the way."""

    def __init__(self, source: Stream, size: int, latin: bool = False) -> None:
        self._source, self._left = source, size
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace") if latin else None
        self.stream = Stream(self._read)

    def _read(self, count: int) -> bytes:
        while self._left:
            data = self._source.take(min(CHUNK, self._left))
            self._left -= len(data)
            if self._decoder:
                data = self._decoder.decode(data).encode("latin-1", "replace")
            if data:
                return data
        return b""

    def finish(self) -> None:
        """Go to the section's end in the stream that it is of."""
        self._source.pass_over(self._left)
        self._left = 0


def stream(place: Place, start: int = 0) -> Stream:
    """Read a place forwards."""
    at = [start]

    def read(count: int) -> bytes:
        data = place.at(at[0], count)
        at[0] += len(data)
        return data

    def skip(count: int) -> int:
        moved = max(0, min(count, place.size - at[0]))
        at[0] += moved
        return moved

    return Stream(read, skip)


def spool(source: Stream, count: Callable[[int], None]) -> FilePlace:
    """Lay a stream down in a nameless temporary file, to read it at offsets; `count` may refuse more bytes."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the place that reads it
    while data := source.peek(CHUNK):
        count(len(data))
        file.write(source.take(len(data)))
    file.flush()
    return FilePlace(file)
