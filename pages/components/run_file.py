"""Runs as JSON to take away: all that is known of one, or of all with what users did."""

import json
import time
from dataclasses import asdict
from typing import Any

from services.progress import RunView
from services.runs import events, journal, teardown


def one(run: RunView) -> str:
    """A run with every step; times as RFC 3339 in UTC, a removal with its receipt."""
    return _text(_run(run))


def every(project_id: str) -> str:
    """All runs of a project and the audit trail, the newest first."""
    trail = [_dated(asdict(action)) for action in journal.trail(project_id, limit=10_000)]
    runs = [_run(run) for run in journal.history(project_id, limit=10_000)]
    return _text({"project": project_id, "runs": runs, "audit": trail})


def _run(run: RunView) -> dict[str, Any]:
    whole: dict[str, Any] = asdict(run)
    told = events.of_run(run.id)
    whole["steps"] = [
        _dated(step) | {"log": [_dated(asdict(one)) for one in told.get(key, [])]}
        for key, step in whole["steps"].items()
    ]
    if run.kind in journal.TAKING and run.ended:
        whole["receipt"] = teardown.receipt(run)
    return _dated(whole)


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _iso(value) if key == "at" or key.endswith("_at") else value for key, value in row.items()}


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
