"""Zip archives, read the way that the strictest reader would: what two readers could see differently is a finding.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT is the format.
"""

import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.models.inspection.findings import Broken, Budget, Report, readable
from services.models.inspection.streams import CHUNK, FilePlace, Stream, spool, stream

_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_PLAIN_LIMIT = 64_000_000  # bytes that a text member (JSON, YAML, code) may have


@dataclass(frozen=True)
class Member:
    """A file in the archive, with where its bytes lie."""

    name: str
    size: int
    packed: int
    method: int
    crc: int
    start: int


class Archive:
    """The members of a zip file; whatever is odd about their places and names is in the report."""

    def __init__(self, place: FilePlace, report: Report) -> None:
        self._place, self._report = place, report
        self.members: list[Member] = []
        self._spans: list[tuple[int, int]] = []
        for info in self._infos():
            self._add(info)
        self._check_layout()
        self._check_names()
        self._by_name = {one.name: one for one in self.members}

    @property
    def names(self) -> list[str]:
        """Names of all members."""
        return [one.name for one in self.members]

    def find(self, ending: str) -> Member | None:
        """The one member with this name, at the top or in the archive's single folder; None without it."""
        shallow = [n for n in self.names if n == ending or (n.endswith("/" + ending) and n.count("/") == 1)]
        return self._by_name[shallow[0]] if len(shallow) == 1 else None

    def open(self, member: Member) -> Stream:
        """Its bytes forwards, decompressed, with size and checksum verified at the end."""
        return Stream(_Reader(self._place, member, self._report.budget).read)

    def place(self, member: Member) -> FilePlace:
        """Its bytes at offsets: where they lie when they are stored as they are, else unpacked."""
        if member.method == 0:
            for _ in chunks(self.open(member)):
                pass  # verifies size and checksum
            return self._place.part(member.start, member.packed)
        return spool(self.open(member), self._report.budget.spool)

    def text(self, member: Member) -> bytes:
        """All its bytes, for small members; `Broken` when it is too large for what it is."""
        if member.size > _PLAIN_LIMIT:
            raise Broken(
                f"{readable(member.name)} has {member.size} bytes; that is no description of a model"
            )
        source, parts = self.open(member), []
        while data := source.take(len(source.peek(CHUNK))):
            parts.append(data)
        return b"".join(parts)

    def json(self, member: Member) -> Any:
        """The JSON in a member; `Broken` when it is none."""
        try:
            return json.loads(self.text(member))
        except (ValueError, RecursionError):
            raise Broken(f"{readable(member.name, 80)} is no JSON") from None

    def _infos(self) -> list[zipfile.ZipInfo]:
        self._check_end()
        try:
            with zipfile.ZipFile(_Seekable(self._place)) as archive:
                return archive.infolist()
        except (
            zipfile.BadZipFile,
            ValueError,
            struct.error,
            OverflowError,
            NotImplementedError,
            OSError,
        ) as error:
            raise Broken(f"the zip archive cannot be read ({error})") from None

    def _check_end(self) -> None:
        """The directory must be where the end says, fill the space up to it, and be small enough to read."""
        size = self._place.size
        end = self._place.at(max(0, size - _END.size), _END.size)
        if len(end) < _END.size or not end.startswith(b"PK\5\6"):
            raise Broken(
                "the zip archive has no end record at its end: it is cut off, or something follows it"
            )
        _, disk, first, here, entries, length, offset, _ = _END.unpack(end)
        top = size - _END.size
        locator = self._place.at(top - 20, 20) if top >= 76 else b""
        large = 0xFFFFFFFF in (length, offset) or 0xFFFF in (here, entries)
        if locator.startswith(b"PK\6\7"):  # torch writes it for small archives too
            at, wide = top - 76, struct.unpack("<Q", locator[8:16])[0]
            record = self._place.at(at, 56)
            if at != wide or not record.startswith(b"PK\6\6"):
                raise Broken("the zip archive's zip64 record is not where its locator says")
            top, said = at, (here, entries, length, offset)
            here, entries, length, offset = struct.unpack("<4Q", record[24:56])
            if not large and said != (here, entries, length, offset):
                raise Broken("the zip archive has two end records that differ")
        elif large:
            raise Broken("the zip archive has no zip64 locator")
        if disk or first or here != entries or offset + length != top:
            raise Broken("the zip archive's directory is not where its end record says")
        if length > 64_000_000:
            raise Broken("the zip archive's directory is larger than 64 MB")
        self._directory = offset
        self._report.budget.member(entries)

    def _add(self, info: zipfile.ZipInfo) -> None:
        name, report = readable(info.filename, 80), self._report
        if info.flag_bits & 0x2041:
            report.unknown(f"{name} is encrypted; nobody can tell what it holds.")
        if info.compress_type not in (0, 8):
            report.unknown(f"{name} is compressed by method {info.compress_type}, which is not read here.")
        if stat.S_ISLNK(info.external_attr >> 16) or stat.S_IFMT(info.external_attr >> 16) in _DEVICES:
            report.blocked(
                f"{name} is a link or a device, which leads out of the archive when it is unpacked."
            )
        head = self._place.at(info.header_offset, _LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\3\4"):
            raise Broken(f"the archive's member {name} is not where its directory says")
        _, _, flags, method, _, _, crc, packed, size, named, extra = _LOCAL.unpack(head)
        written = self._place.at(info.header_offset + _LOCAL.size, named)
        encoded = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")
        same = written == encoded and method == info.compress_type and (flags ^ info.flag_bits) & 1 == 0
        sizes = {(crc, packed, size), (info.CRC, info.compress_size, info.file_size)}
        if not same or (len(sizes) > 1 and not flags & 8 and 0xFFFFFFFF not in (packed, size)):
            report.blocked(
                f"{name} is described differently at its place and in the directory: readers would differ."
            )
        start = info.header_offset + _LOCAL.size + named + extra
        self.members.append(
            Member(info.filename, info.file_size, info.compress_size, info.compress_type, info.CRC, start)
        )
        self._spans.append((info.header_offset, start + info.compress_size))

    def _check_layout(self) -> None:
        """Members lie one behind the other from byte 0 to the directory, without overlaps and hidden bytes."""
        at = 0
        for start, end in sorted(self._spans):
            if start < at:
                self._report.blocked("Members of the archive overlap: a bomb, or a file hidden in another.")
                return
            if start - at > (24 if at else 0):
                self._report.unknown(
                    "Bytes lie between the members of the archive that belong to none of them."
                )
            at = end
        if not -1 < self._directory - at <= 24:
            self._report.unknown("Bytes lie before the archive's directory that belong to no member.")

    def _check_names(self) -> None:
        seen: set[str] = set()
        for member in self.members:
            name = member.name
            odd = any(ord(c) < 32 for c in name) or "\\" in name or name.startswith("/") or name[1:2] == ":"
            if odd or ".." in name.split("/"):
                self._report.blocked(f"The archive would write outside of its folder: {readable(name, 80)}.")
            if name.casefold() in seen:
                self._report.blocked(
                    f"The archive has {readable(name, 80)} twice: readers would take different ones."
                )
            seen.add(name.casefold())


_DEVICES = {stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK}


class _Reader:
    def __init__(self, place: FilePlace, member: Member, budget: Budget) -> None:
        self._raw = stream(place.part(member.start, member.packed))
        self._member, self._budget = member, budget
        self._engine = zlib.decompressobj(-15) if member.method == 8 else None
        self._crc, self._left, self._done = 0, member.size, False
        if member.method not in (0, 8):
            raise Broken(f"{readable(member.name)} is compressed in a way that is not read here")

    def read(self, count: int) -> bytes:
        while not self._done:
            packed = self._raw.take(len(self._raw.peek(CHUNK))) if not self._tail() else b""
            data = self._inflate(packed) if self._engine else packed
            if not data and not packed:
                self._finish()
            if data:
                self._count(data)
                return data
        return b""

    def _tail(self) -> bytes:
        return self._engine.unconsumed_tail if self._engine else b""

    def _inflate(self, packed: bytes) -> bytes:
        assert self._engine
        try:
            data = self._engine.decompress(self._tail() or packed, CHUNK)
        except zlib.error as error:
            raise Broken(f"{readable(self._member.name)} is damaged ({error})") from None
        self._budget.inflate(len(data))
        return data

    def _count(self, data: bytes) -> None:
        self._crc, self._left = zlib.crc32(data, self._crc), self._left - len(data)
        if self._left < 0:
            raise Broken(
                f"{readable(self._member.name)} holds more than the {self._member.size} bytes that it claims"
            )

    def _finish(self) -> None:
        self._done = True
        ended = self._engine is None or (self._engine.eof and not self._engine.unused_data)
        if self._left or self._crc != self._member.crc or not ended:
            raise Broken(f"{readable(self._member.name)} does not hold what its size and checksum say")


class _Seekable:
    """What `zipfile` needs to read a directory."""

    def __init__(self, place: FilePlace) -> None:
        self._place, self._at = place, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, (0, self._at, self._place.size)[whence] + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        data = self._place.at(self._at, self._place.size - self._at if count < 0 else count)
        self._at += len(data)
        return data


def chunks(source: Stream) -> Iterator[bytes]:
    """The rest of a stream in pieces."""
    while data := source.take(len(source.peek(CHUNK))):
        yield data
