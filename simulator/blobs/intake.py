"""A request's body on its way to disk: never more than a megabyte of it in memory, checked by its digests."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from pathlib import Path
from typing import Any, BinaryIO

from starlette.requests import ClientDisconnect, Request

from simulator.blobs import store
from simulator.blobs.asked import Received
from simulator.blobs.crc64 import Crc64
from simulator.blobs.errors import BlobError, bad_header
from simulator.faults import Dropped
from simulator.world import World

FLUSH = 1 << 20
#: What is read and thrown away after an early error, so that its sender lives to read the answer.
LARGEST_WASTE = 128 * 1024 * 1024
CRC = "x-ms-content-crc64"


class _Writer:
    """Gathers chunks, and digests and writes them in a thread, a megabyte at a time."""

    def __init__(self, file: BinaryIO, md5: bool, crc64: bool) -> None:
        self._file, self._waiting, self._held = file, list[bytes](), 0
        self._digests: list[Any] = []
        self.md5 = hashlib.md5(usedforsecurity=False) if md5 else None
        self.crc64 = Crc64() if crc64 else None
        self._digests = [one for one in (self.md5, self.crc64) if one is not None]
        self.size = 0

    async def feed(self, chunk: bytes) -> None:
        self._waiting.append(chunk)
        self._held += len(chunk)
        self.size += len(chunk)
        if self._held >= FLUSH:
            await self.flush()

    async def flush(self) -> None:
        if self._held:
            data, self._waiting, self._held = b"".join(self._waiting), [], 0
            await asyncio.to_thread(self._take, data)

    def _take(self, data: bytes) -> None:
        for digest in self._digests:
            digest.update(data)
        self._file.write(data)


def length(request: Request, largest: int) -> int:
    """Return the length that a request announces.

    Raises:
        BlobError: 411 where it says nothing, 413 where it is more than the operation takes.
    """
    text = request.headers.get("content-length", "")
    if not text:
        raise BlobError("MissingContentLengthHeader")
    if not (text.isascii() and text.isdigit()):
        raise bad_header("Content-Length", text)
    if int(text) > largest:
        raise BlobError("RequestBodyTooLarge", more={"MaxLimit": str(largest)})
    return int(text)


async def to_disk(
    world: World, request: Request, largest: int, md5: bool, cut_at: int | None = None
) -> Received:
    """Write a body to a new file of the store; whatever goes wrong, no file is left.

    ``cut_at`` is a fault's: the connection is to be dropped when so many bytes have come.

    Raises:
        BlobError: the digests differ, or the length.
        Dropped: the client went away, or is to be cut off.
    """
    announced = length(request, largest)
    given_md5, given_crc = request.headers.get("content-md5", ""), request.headers.get(CRC, "")
    _check_digest("Content-MD5", given_md5, 16)
    _check_digest(CRC, given_crc, 8)
    path = store.new_file(world)
    try:
        with path.open("wb", buffering=0) as file:
            writer = _Writer(file, md5 or bool(given_md5), bool(given_crc))
            await _pump(request, writer, cut_at)
        found = _received(path, writer)
        _compare(found, announced, given_md5, given_crc)
    except BaseException:
        store.drop_file(path)
        raise
    return found


async def to_memory(request: Request, largest: int) -> bytes:
    """Return a small body, checked by its MD5 where that is given."""
    length(request, largest)
    data = b"".join([chunk async for chunk in _chunks(request)])
    given = request.headers.get("content-md5", "")
    _check_digest("Content-MD5", given, 16)
    if given and _encoded(hashlib.md5(data, usedforsecurity=False).digest()) != given:
        raise BlobError("Md5Mismatch")
    return data


async def waste(request: Request) -> bool:
    """Read a body and throw it away; False where it is too long for that, and the connection has to be closed."""
    announced, size = request.headers.get("content-length", ""), 0
    if announced.isdigit() and int(announced) > LARGEST_WASTE and not request._stream_consumed:
        return False
    async for chunk in _chunks(request):
        size += len(chunk)
        if size > LARGEST_WASTE:
            return False
    return True


async def _chunks(request: Request) -> Any:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise Dropped from None
    except RuntimeError:  # the body has been read already
        return


async def _pump(request: Request, writer: _Writer, cut_at: int | None) -> None:
    async for chunk in _chunks(request):
        await writer.feed(chunk)
        if cut_at is not None and writer.size >= cut_at:
            raise Dropped
    await writer.flush()


def _received(path: Path, writer: _Writer) -> Received:
    md5 = _encoded(writer.md5.digest()) if writer.md5 else ""
    return Received(path.name, writer.size, md5, writer.crc64.digest() if writer.crc64 else "")


def _compare(found: Received, announced: int, md5: str, crc64: str) -> None:
    if found.size != announced:
        raise BlobError("InvalidInput")
    if md5 and md5 != found.md5:
        raise BlobError("Md5Mismatch", more={"UserSpecifiedMd5": md5, "ServerCalculatedMd5": found.md5})
    if crc64 and crc64 != found.crc64:
        raise BlobError("Crc64Mismatch", more={"UserSpecifiedCrc": crc64, "ServerCalculatedCrc": found.crc64})


def _check_digest(name: str, value: str, size: int) -> None:
    try:
        good = not value or len(base64.b64decode(value, validate=True)) == size
    except (binascii.Error, ValueError):
        good = False
    if not good:
        raise BlobError("InvalidMd5") if size == 16 else bad_header(name, value)


def _encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
