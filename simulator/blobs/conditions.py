"""Conditional headers, and the stamps that they are compared with.

https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from math import floor

from simulator.blobs.asked import Asked
from simulator.blobs.errors import BlobError, bad_header

READING = frozenset({"GET", "HEAD"})


def new_etag() -> str:
    """Return an ETag that nothing has had before."""
    return f'"0x{uuid.uuid4().hex[:15].upper()}"'


def http_date(at: float) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(datetime.fromtimestamp(floor(at), UTC), usegmt=True)


def check(asked: Asked, etag: str | None, modified: float = 0.0, prefix: str = "") -> None:
    """Compare a request's conditions with what is there; ``etag`` is None where nothing is.

    ``prefix`` is ``x-ms-source-`` for what a copy asks of its source.

    Raises:
        BlobError: 304 for a read whose copy is good, 412 otherwise; 409 for a blob that must not be there yet.
    """
    if etag is None:
        if asked.header(prefix + "if-match"):
            raise _failed(prefix)
        return
    if (match := asked.header(prefix + "if-match")) and not _has(match, etag):
        raise _failed(prefix)
    if none := asked.header(prefix + "if-none-match"):
        if none == "*" and asked.method == "PUT" and not prefix:
            raise BlobError("BlobAlreadyExists")
        if _has(none, etag):
            raise _unchanged(asked, prefix)
    since, until = (_moment(asked, prefix + name) for name in ("if-modified-since", "if-unmodified-since"))
    if since is not None and floor(modified) <= since:
        raise _unchanged(asked, prefix)
    if until is not None and floor(modified) > until:
        raise _failed(prefix)


def _has(given: str, etag: str) -> bool:
    names = [one.strip().removeprefix("W/").strip('"') for one in given.split(",")]
    return given == "*" or etag.strip('"') in names


def _moment(asked: Asked, name: str) -> float | None:
    text = asked.header(name)
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        raise bad_header(name, text) from None


def _failed(prefix: str) -> BlobError:
    return BlobError("SourceConditionNotMet" if prefix else "ConditionNotMet")


def _unchanged(asked: Asked, prefix: str) -> BlobError:
    if asked.method in READING and not prefix:
        return BlobError("ConditionNotMet", status=304)
    return _failed(prefix)
