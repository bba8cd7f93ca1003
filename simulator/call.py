"""One request and one answer, as handlers see them: no handler touches HTTP itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from simulator.address import Address
from simulator.state import State
from simulator.world import World


@dataclass
class Call:
    """A request that has passed the doors: token, api-version and JSON are good."""

    world: World
    method: str
    address: Address
    query: dict[str, str]
    body: Any
    caller: dict[str, Any]

    @property
    def state(self) -> State:
        """The state behind the world."""
        return self.world.state

    @property
    def api_version(self) -> str:
        """The version that the client speaks."""
        return self.query.get("api-version", "")


@dataclass
class Reply:
    """An answer; ``delay`` is how long a synchronous request takes, in seconds."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0

    def payload(self) -> bytes:
        """Return the bytes of the body: none for None."""
        return b"" if self.body is None else json.dumps(self.body).encode()


def page(call: Call, items: list[dict[str, Any]], size: int = 50, full_goes_on: bool = False) -> Reply:
    """Answer a list in ARM's pages: ``value``, and ``nextLink`` while more follow.

    With ``full_goes_on`` a page that ``$top`` has filled has one too: the next may be empty.
    """
    start = _number(call.query.get("$skiptoken"), 0)
    size = max(1, min(_number(call.query.get("$top"), size), 1000))
    body: dict[str, Any] = {"value": items[start : start + size]}
    filled = full_goes_on and "$top" in call.query and start + size == len(items)
    if start + size < len(items) or filled:
        query = {**call.query, "$skiptoken": str(start + size)}
        text = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
        body["nextLink"] = f"{call.world.endpoint}{quote(call.address.path, safe='/()._-')}?{text}"
    return Reply(200, body)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
