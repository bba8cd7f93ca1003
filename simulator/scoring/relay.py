"""Stands in a container between Unix sockets and a server that knows TCP alone, and ends with it.

``relay.py PLAN``, with nothing but Python's library.  PLAN is JSON: ``ports`` (port -> socket), ``command``, ``folder``,
``variables``.  Connections come in at 127.0.0.2: a server that listens on 127.0.0.1 alone is as out of reach as on Azure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

ADDRESS = "127.0.0.2"


async def relay(plan: dict[str, Any]) -> int:
    """Run the command, pass on every connection, and return the command's exit code."""
    for port, path in plan["ports"].items():
        await asyncio.start_unix_server(_to(int(port)), path)
    os.chdir(plan["folder"])
    try:
        child = await asyncio.create_subprocess_exec(*plan["command"], env=plan["variables"])
    except OSError as why:
        print(f'exec: "{plan["command"][0]}": {why.strerror}', flush=True)
        return 127
    code = await child.wait()
    return code if code >= 0 else 128 - code


def _to(port: int) -> Any:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(ADDRESS, port)
        except OSError:
            writer.close()  # nobody listens yet: who asks sees a closed connection and asks again
            return
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    return connected


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(relay(json.loads(Path(sys.argv[1]).read_text("utf-8")))))
