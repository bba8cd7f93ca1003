"""Who may come in: a page that rebinds its own DNS name to 127.0.0.1 must find every door shut."""

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HARMLESS = ("GET", "HEAD", "OPTIONS")


def allowed_hosts() -> tuple[str, ...]:
    """Return the host names under which this server is served: loopback and GROUNDPLAN_ALLOWED_HOSTS."""
    named = os.environ.get("GROUNDPLAN_ALLOWED_HOSTS", "").split(",")
    return LOOPBACK + tuple(name.strip().strip("[]").lower() for name in named if name.strip())


class Doors:
    """Stands before every route and the websocket: refuses foreign hosts, and writes from foreign origins.

    An origin is our own when it names the host and port that were asked for: the page of another program on
    another port of this machine is foreign too.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None = None) -> None:
        self.app = app
        self.hosts = frozenset(hosts or allowed_hosts())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in; answer 403 (websocket: close the handshake) to the rest."""
        if scope["type"] not in ("http", "websocket") or self.refusal(scope) is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await PlainTextResponse(f"{self.refusal(scope)}\n", status_code=403)(scope, receive, send)

    def refusal(self, scope: Scope) -> str | None:
        """Return why a request may not come in, None when it may."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if _name(host) not in self.hosts:
            return "This host name is not served here. GROUNDPLAN_ALLOWED_HOSTS names further ones."
        reads = scope["type"] == "http" and scope["method"] in _HARMLESS
        if origin is None or reads or urlsplit(origin).netloc.lower() == host.lower():
            return None
        return "This request came from another site's page."


def _name(host: str) -> str | None:
    """Return the name in a Host header without its port, None where it is no host."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    plain = parts.netloc == host and parts.username is None
    return parts.hostname.rstrip(".") if plain and parts.hostname else None
