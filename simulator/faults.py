"""Faults on demand: the nth request that matches fails, is dropped or is slow, as a test or a demonstration asks.

Faults are remembered on disk with the rest, so that counting goes on after a restart.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from pydantic import Field, ValidationError, field_validator

from simulator.errors import ArmError
from simulator.schema import Wire
from simulator.state import State

ROOM = "faults"


class Dropped(Exception):
    """The connection is to be cut without an answer."""


class Match(Wire):
    """Which requests: all that is given must fit; ``nth`` counts from 1 among those that fit."""

    method: str | None = None
    path: str | None = None
    nth: int = Field(default=1, ge=1)

    @field_validator("path")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as wrong:
            raise ValueError(f"not a regular expression: {wrong}") from None
        return value


class Deed(Wire):
    """What happens to it; with ``after`` the request acts first, and then its answer fails."""

    status: int | None = Field(default=None, ge=400, le=599)
    code: str | None = None
    message: str | None = None
    retry_after: int | None = Field(default=None, ge=0)
    drop: bool = False
    delay: float = Field(default=0.0, ge=0, le=600)
    after: bool = False


class Fault(Wire):
    """One fault; ``after`` may stand here or in ``do``."""

    match: Match = Match()
    do: Deed
    times: int = Field(default=1, ge=1)
    after: bool = False

    @property
    def acts_first(self) -> bool:
        """True when the request does its work before its answer fails."""
        return self.after or self.do.after

    def answer(self) -> ArmError | None:
        """Return the error that stands in for the answer, None when there is only a delay or a drop."""
        if self.do.status is None:
            return None
        code = self.do.code or {429: "TooManyRequests", 503: "ServiceUnavailable"}.get(
            self.do.status, "InjectedFault"
        )
        headers = {"Retry-After": str(self.do.retry_after)} if self.do.retry_after is not None else {}
        message = self.do.message or "This answer was asked for at /_simulator/faults."
        return ArmError(self.do.status, code, message, headers=headers)


def add(state: State, body: Any) -> int:
    """Remember one fault or a list of them, and return how many.

    Raises:
        ValueError: with the first thing that is wrong.
    """
    found = body if isinstance(body, list) else [body]
    try:
        faults = [Fault.model_validate(one) for one in found]
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for fault in faults:
        if fault.do.status is None and not fault.do.drop and not fault.do.delay:
            raise ValueError("do: it needs a status, drop or delay")
        state.set_note(ROOM, uuid.uuid4().hex, {"fault": fault.model_dump(), "seen": 0})
    return len(faults)


def pending(state: State) -> list[dict[str, Any]]:
    """Return every fault with the number of requests that it has seen."""
    return list(state.notes(ROOM).values())


def clear(state: State) -> None:
    """Forget all faults."""
    for key in state.notes(ROOM):
        state.set_note(ROOM, key, None)


def strike(state: State, method: str, path: str) -> Fault | None:
    """Count a request for every fault that it fits, and return the first whose turn it is."""
    hit: Fault | None = None
    for key, kept in state.notes(ROOM).items():
        fault = Fault.model_validate(kept["fault"])
        if not _fits(fault.match, method, path):
            continue
        seen = kept["seen"] + 1
        state.set_note(ROOM, key, {**kept, "seen": seen})
        if hit is None and fault.match.nth <= seen < fault.match.nth + fault.times:
            hit = fault
    return hit


def _fits(match: Match, method: str, path: str) -> bool:
    if match.method and match.method.upper() != method:
        return False
    return match.path is None or re.search(match.path, path, re.IGNORECASE) is not None
