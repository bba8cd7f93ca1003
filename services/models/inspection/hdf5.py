"""As much of HDF5 as a verdict needs: the attributes of the root group, and every link that leads out of the file.

https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html is the format. What is laid out in a way that is
not read here (dense storage) is a finding, not an error.
"""

import math
from collections.abc import Iterator

from services.models.inspection.findings import Broken, Report
from services.models.inspection.streams import FilePlace

MAGIC = b"\x89HDF\r\n\x1a\n"
_OBJECTS = 200_000
_ATTRIBUTE = 4_000_000
_BLOCK = 4_000_000
_MANY = 500_000_000
Message = tuple[int, bytes]


class File:
    """An HDF5 file whose superblock stands at its first byte."""

    def __init__(self, place: FilePlace, report: Report) -> None:
        self._place, self._report = place, report
        self._seen: set[int] = set()
        self._seen_blocks: set[int] = set()
        head = place.at(0, 128)
        if not head.startswith(MAGIC):
            raise Broken("it is no HDF5 file")
        version = head[8]
        if version in (0, 1):
            self._offset, self._length = head[13], head[14]
            at = (24 if version == 0 else 28) + 5 * self._offset
            self._root = _number(head[at : at + self._offset])
            end = _number(head[at - 3 * self._offset : at - 2 * self._offset])
        elif version in (2, 3):
            self._offset, self._length = head[9], head[10]
            self._root = _number(head[12 + 3 * self._offset : 12 + 4 * self._offset])
            end = _number(head[12 + 2 * self._offset : 12 + 3 * self._offset])
        else:
            raise Broken(f"it has a superblock of version {version}")
        if self._offset != 8 or self._length != 8:
            raise Broken("the HDF5 file does not use addresses of 8 bytes")
        if end > place.size:
            raise Broken(f"the HDF5 file should have {end} bytes and has {place.size}")
        if end < place.size:
            report.unknown(f"Something follows the end of the HDF5 file (byte {end}).")

    def attributes(self) -> dict[str, bytes]:
        """The texts among the attributes of the root group."""
        found = {}
        for kind, data in self._messages(self._root):
            if kind == 0x0C:
                name, value = self._attribute(data)
                if value is not None:
                    found[name] = value
        return found

    def check_links(self) -> None:
        """Walk all groups and datasets; links and data outside of the file are blocked."""
        waiting, seen = [self._root], set()
        while waiting:
            address = waiting.pop()
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > _OBJECTS:
                return self._report.unknown("The HDF5 file has more than 200,000 objects.")
            for kind, data in self._messages(address):
                waiting += self._judge(kind, data)
        return None

    def _judge(self, kind: int, data: bytes) -> list[int]:
        if kind == 0x11:
            return list(self._symbols(_number(data[:8]), 0))
        if kind == 0x06:
            return self._link(data)
        if kind == 0x01 and _numbers(data) > max(_MANY, 1000 * self._place.size):
            self._report.unknown(
                "The HDF5 file has an array that is far larger than the file: a bomb for memory."
            )
        if kind == 0x07:
            self._report.blocked("The HDF5 file keeps data in other files, which would be opened.")
        if kind == 0x08 and len(data) > 2 and (data[1] if data[0] >= 3 else data[2]) == 3:
            self._report.blocked("The HDF5 file has a virtual dataset, which opens other files.")
        if kind in (0x02, 0x15) and self._is_dense(kind, data):
            self._report.unknown("The HDF5 file keeps links or attributes in a way that is not read here.")
        return []

    def _is_dense(self, kind: int, data: bytes) -> bool:
        wide = 8 if kind == 0x02 else 2
        at = 2 + (wide if data[1] & 1 else 0)
        return data[at : at + 8] != b"\xff" * 8

    def _link(self, data: bytes) -> list[int]:
        flags, at = data[1], 2
        kind = data[at] if flags & 8 else 0
        at += bool(flags & 8) + (8 if flags & 4 else 0) + bool(flags & 16)
        wide = 1 << (flags & 3)
        at += wide + _number(data[at : at + wide])
        if kind == 0:
            return [_number(data[at : at + 8])]
        self._report.blocked(
            "The HDF5 file has a link that is followed when it is read, to another place or file."
        )
        return []

    def _symbols(self, address: int, depth: int) -> Iterator[int]:
        """Object headers of a group of the old kind."""
        head = self._at(address, 24)
        if address in self._seen or depth > 20 or not head.startswith(b"TREE"):
            raise Broken(f"the HDF5 group at byte {address} cannot be followed")
        self._seen.add(address)
        used, level = _number(head[6:8]), head[5]
        for i in range(used):
            child = _number(self._at(address + 24 + 8 + 16 * i, 8))
            if level:
                yield from self._symbols(child, depth + 1)
            else:
                yield from self._entries(child)

    def _entries(self, address: int) -> Iterator[int]:
        head = self._at(address, 8)
        if not head.startswith(b"SNOD"):
            raise Broken(f"the HDF5 group at byte {address} cannot be followed")
        for i in range(_number(head[6:8])):
            entry = self._at(address + 8 + 40 * i, 40)
            if _number(entry[16:20]) == 2:
                self._report.blocked("The HDF5 file has a symbolic link.")
            else:
                yield _number(entry[8:16])

    def _messages(self, address: int) -> Iterator[Message]:
        head = self._at(address, 16)
        blocks: list[tuple[int, int, bool, int]]
        if head.startswith(b"OHDR"):
            flags = head[5]
            at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
            wide = 1 << (flags & 3)
            blocks = [(at + wide, _number(self._at(at, wide)), True, 2 if flags & 4 else 0)]
        elif head[:1] == b"\1":
            blocks = [(address + 16, _number(head[8:12]), False, 0)]
        else:
            raise Broken(f"the HDF5 object at byte {address} cannot be followed")
        self._seen_blocks.clear()
        for _ in range(1000):
            if not blocks:
                return
            start, size, new, order = blocks.pop()
            if start in self._seen_blocks or size > _BLOCK:
                raise Broken(f"the HDF5 object at byte {address} cannot be followed")
            self._seen_blocks.add(start)
            for kind, data in self._block(self._at(start, size), new, order):
                if kind == 0x10:
                    at, length = _number(data[:8]), _number(data[8:16])
                    blocks.append((at + 4, length - 8, new, order) if new else (at, length, new, order))
                else:
                    yield kind, data
        raise Broken("an HDF5 object has more than 1000 parts")

    def _block(self, data: bytes, new: bool, order: int) -> Iterator[Message]:
        at, head = 0, (4 + order) if new else 8
        while at + head <= len(data):
            kind = data[at] if new else _number(data[at : at + 2])
            size = _number(data[at + 1 : at + 3]) if new else _number(data[at + 2 : at + 4])
            flags = data[at + 3] if new else data[at + 4]
            if flags & 2:
                self._report.unknown("The HDF5 file shares descriptions in a way that is not read here.")
            self._report.budget.step(10)
            yield kind, data[at + head : at + head + size]
            at += head + size

    def _attribute(self, data: bytes) -> tuple[str, bytes | None]:
        version = data[0]
        sizes = [_number(data[i : i + 2]) for i in (2, 4, 6)]
        at = 9 if version == 3 else 8
        parts = []
        for size in sizes:
            parts.append(data[at : at + size])
            at += (size + 7) // 8 * 8 if version == 1 else size
        name, dtype = parts[0].split(b"\0")[0].decode("utf-8", "replace"), parts[1]
        kind = dtype[0] & 15
        if kind == 3:
            return name, data[at : at + _number(dtype[4:8])].rstrip(b"\0")
        if kind == 9:
            return name, self._heap(data[at + 4 : at + 16])
        return name, None

    def _heap(self, reference: bytes) -> bytes | None:
        """A text of free length lies in a global heap."""
        address, wanted = _number(reference[:8]), _number(reference[8:12])
        head = self._at(address, 16)
        if not head.startswith(b"GCOL"):
            raise Broken("the HDF5 file's heap cannot be followed")
        at, end = address + 16, address + min(_number(head[8:16]), 64_000_000)
        while at + 16 <= end:
            entry = self._at(at, 16)
            self._report.budget.step(10)
            index, size = _number(entry[:2]), _number(entry[8:16])
            if index == wanted:
                if size > _ATTRIBUTE * 4:
                    raise Broken("an attribute of the HDF5 file is larger than 16 MB")
                return self._at(at + 16, size).rstrip(b"\0")
            if index == 0:
                break
            at += 16 + (size + 7) // 8 * 8
        return None

    def _at(self, address: int, count: int) -> bytes:
        data = self._place.at(address, min(count, 64_000_000)) if address < self._place.size else b""
        if len(data) < count:
            raise Broken(f"the HDF5 file points to byte {address}, where it has ended")
        return data


def _numbers(data: bytes) -> int:
    """How many numbers a dataspace has."""
    start, rank = (8 if data[0] == 1 else 4), data[1]
    return math.prod(_number(data[start + 8 * i : start + 8 * i + 8]) for i in range(rank))


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
