"""Names below `.localhost` are this machine, whatever the system's resolver thinks of them.

https://www.rfc-editor.org/rfc/rfc6761#section-6.3 asks for it; glibc does it for `localhost` alone.
"""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver


class Names(AbstractResolver):
    """A resolver that asks nobody about names of this machine."""

    def __init__(self) -> None:
        self._others: ThreadedResolver | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host."""
        self._others = self._others or ThreadedResolver()
        local = host.lower().rstrip(".").endswith(".localhost")
        found = await self._others.resolve("127.0.0.1" if local else host, port, family)
        return [{**one, "hostname": host} for one in found] if local else found

    async def close(self) -> None:
        """Nothing is held open."""
