"""HTTP over a Unix socket to a container: one connection for each request, as its server wants it.

The parser is the one that our own server uses; a whole client library would double the time of a start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h11


@dataclass(frozen=True)
class Found:
    """What a container has answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


async def exchange(
    socket: Path, method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> Found:
    """Send one request and return its answer.

    Raises:
        OSError: nobody listens, or the connection broke.
    """
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        connection = h11.Connection(h11.CLIENT)
        own = [("Host", "container"), ("Connection", "close"), ("Content-Length", str(len(body)))]
        request = h11.Request(method=method, target=target, headers=[*own, *headers])
        parts = [
            connection.send(request),
            connection.send(h11.Data(body)),
            connection.send(h11.EndOfMessage()),
        ]
        writer.writelines([part for part in parts if part])
        return await _answer(reader, connection)
    except h11.ProtocolError as wrong:
        raise ConnectionError(str(wrong)) from None
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, connection: h11.Connection) -> Found:
    status, headers, chunks = 0, [], []
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(1 << 16))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers]
        elif isinstance(event, h11.Data):
            chunks.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            return Found(status, headers, b"".join(chunks))
        elif not isinstance(event, h11.InformationalResponse):
            raise ConnectionResetError("the container closed the connection before it had answered")
