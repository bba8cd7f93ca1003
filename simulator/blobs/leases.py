"""Leases on blobs and containers: who holds one writes, everybody else is refused.

https://learn.microsoft.com/rest/api/storageservices/lease-blob
"""

from __future__ import annotations

import uuid
from typing import Any

from simulator.blobs.asked import Asked
from simulator.blobs.errors import BlobError, bad_header, missing_header

Lease = dict[str, Any]


def state_of(lease: Lease | None, now: float) -> str:
    """Return available, leased, expired, breaking or broken."""
    if not lease:
        return "available"
    if lease["state"] == "breaking":
        return "breaking" if now < lease["ends"] else "broken"
    if lease["state"] == "leased" and lease["ends"] is not None and now >= lease["ends"]:
        return "expired"
    return str(lease["state"])


def is_held(lease: Lease | None, now: float) -> bool:
    """Tell whether a write needs the lease's ID."""
    return state_of(lease, now) in {"leased", "breaking"}


def headers(lease: Lease | None, now: float) -> dict[str, str]:
    """Return the headers that tell of a lease."""
    state = state_of(lease, now)
    out = {
        "x-ms-lease-status": "locked" if is_held(lease, now) else "unlocked",
        "x-ms-lease-state": state,
    }
    if lease and state == "leased":
        out["x-ms-lease-duration"] = "infinite" if lease["ends"] is None else "fixed"
    return out


def require(asked: Asked, lease: Lease | None, what: str = "Blob", writing: bool = True) -> None:
    """Refuse a request that does not hold the lease, or names one that is not there.

    Raises:
        BlobError: 412.
    """
    given, held = asked.header("x-ms-lease-id"), is_held(lease, asked.world.now())
    if given and not held:
        raise BlobError(f"LeaseNotPresentWith{what}Operation")
    if given and lease and given.lower() != lease["id"]:
        raise BlobError(f"LeaseIdMismatchWith{what}Operation")
    if held and writing and not given:
        raise BlobError("LeaseIdMissing")


def act(asked: Asked, lease: Lease | None) -> tuple[Lease | None, int, dict[str, str]]:
    """Do what ``x-ms-lease-action`` says; return the lease as it is then, the status and headers of the answer."""
    action = asked.header("x-ms-lease-action").lower()
    found = _ACTIONS.get(action)
    if found is None:
        raise bad_header("x-ms-lease-action", action) if action else missing_header("x-ms-lease-action")
    return found(asked, lease)


def _acquire(asked: Asked, lease: Lease | None) -> tuple[Lease, int, dict[str, str]]:
    text = asked.header("x-ms-lease-duration")
    if not text:
        raise missing_header("x-ms-lease-duration")
    seconds = _number(text)
    if seconds != -1 and not 15 <= seconds <= 60:
        raise bad_header("x-ms-lease-duration", text)
    wanted = _guid(asked, "x-ms-proposed-lease-id") or str(uuid.uuid4())
    state = state_of(lease, asked.world.now())
    if state == "breaking" or (state == "leased" and lease and lease["id"] != wanted):
        raise BlobError("LeaseAlreadyPresent")
    return _leased(asked, wanted, seconds), 201, {"x-ms-lease-id": wanted}


def _renew(asked: Asked, lease: Lease | None) -> tuple[Lease, int, dict[str, str]]:
    held = _own(asked, lease)
    if state_of(held, asked.world.now()) in {"breaking", "broken"}:
        raise BlobError("LeaseIdMismatchWithLeaseOperation", status=409)
    return _leased(asked, held["id"], held["seconds"]), 200, {"x-ms-lease-id": held["id"]}


def _change(asked: Asked, lease: Lease | None) -> tuple[Lease, int, dict[str, str]]:
    wanted = _guid(asked, "x-ms-proposed-lease-id")
    if not wanted:
        raise missing_header("x-ms-proposed-lease-id")
    held = lease if lease and lease["id"] == wanted else _own(asked, lease)
    return {**held, "id": wanted}, 200, {"x-ms-lease-id": wanted}


def _release(asked: Asked, lease: Lease | None) -> tuple[None, int, dict[str, str]]:
    _own(asked, lease)
    return None, 200, {}


def _break(asked: Asked, lease: Lease | None) -> tuple[Lease, int, dict[str, str]]:
    now = asked.world.now()
    if not lease:
        raise BlobError("LeaseNotPresentWithLeaseOperation")
    state = state_of(lease, now)
    left = max(0.0, lease["ends"] - now) if lease["ends"] is not None and state != "expired" else 0.0
    if text := asked.header("x-ms-lease-break-period"):
        asked_for = _number(text)
        if not 0 <= asked_for <= 60:
            raise bad_header("x-ms-lease-break-period", text)
        left = asked_for if lease["ends"] is None and state == "leased" else min(left, asked_for)
    broken = {**lease, "state": "breaking" if left > 0 else "broken", "ends": now + left}
    return broken, 202, {"x-ms-lease-time": str(int(left))}


def _own(asked: Asked, lease: Lease | None) -> Lease:
    given = _guid(asked, "x-ms-lease-id")
    if not given:
        raise missing_header("x-ms-lease-id")
    if not lease:
        raise BlobError("LeaseNotPresentWithLeaseOperation")
    if lease["id"] != given:
        raise BlobError("LeaseIdMismatchWithLeaseOperation")
    return lease


def _leased(asked: Asked, number: str, seconds: int) -> Lease:
    ends = None if seconds == -1 else asked.world.now() + seconds
    return {"id": number, "state": "leased", "seconds": seconds, "ends": ends}


def _guid(asked: Asked, name: str) -> str:
    text = asked.header(name)
    try:
        return str(uuid.UUID(text)) if text else ""
    except ValueError:
        raise bad_header(name, text) from None


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BlobError("InvalidHeaderValue") from None


_ACTIONS = {"acquire": _acquire, "renew": _renew, "change": _change, "release": _release, "break": _break}
