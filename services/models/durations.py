"""How long the steps of a test server took the last time here: what a page may expect; nothing is guessed."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from services.models.server_state import write
from services.processes.home import home

_MOST = 200  # entries


def of(key: str, steps: Iterable[str]) -> dict[str, float]:
    """Seconds by step as measured the last time for this key; steps never measured are not there."""
    known = _read().get(key, {})
    return {step: known[step] for step in steps if step in known}


def keep(key: str, seconds: Mapping[str, float]) -> None:
    """Keep what was measured. Two who write at once may lose one entry, which will be measured again."""
    known = _read()
    known[key] = known.pop(key, {}) | {step: round(took, 2) for step, took in seconds.items()}
    _path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        write(_path(), dict(list(known.items())[-_MOST:]))


def _read() -> dict[str, dict[str, float]]:
    try:
        data = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _path() -> Path:
    return home() / "models" / "durations.json"
