"""Stands between a Unix socket and a server that knows TCP alone; runs in the sandbox, with nothing but Python's library.

python relay.py SOCKET COMMAND...    runs COMMAND with a free port of loopback as its last word, and ends with it
"""

import asyncio
import contextlib
import socket
import sys


async def relay(path: str, command: list[str]) -> int:
    """Run the command, pass on every connection, and give the command's exit code."""
    port = free_port()
    child = await asyncio.create_subprocess_exec(*command, str(port))

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()  # not yet there: whoever asks sees a closed connection and asks again
            return
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async with await asyncio.start_unix_server(connected, path):
        return await child.wait()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes in until it ends."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(asyncio.run(relay(sys.argv[1], sys.argv[2:])))
