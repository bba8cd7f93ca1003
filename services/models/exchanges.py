"""The last request that was tried with a model and its answer, kept beside the database so that a page survives F5."""

import json
from typing import Any

from services.models.server_state import write
from services.processes.home import home

MOST_BYTES = 500_000


def last(place: str, record_id: str) -> dict[str, Any] | None:
    """The last exchange of a model at a place ("test", an endpoint's name): {"request", "status", "body", "ms"}."""
    try:
        data = json.loads(_path(place, record_id).read_text())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) and "request" in data else None


def keep(place: str, record_id: str, exchange: dict[str, Any]) -> None:
    """Keep an exchange, unless it is too large to be shown again."""
    if len(json.dumps(exchange, default=str)) <= MOST_BYTES:
        path = _path(place, record_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path, exchange)


def _path(place: str, record_id: str) -> Any:
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in f"{place}-{record_id}")
    return home() / "models" / "exchanges" / f"{safe[:150]}.json"
