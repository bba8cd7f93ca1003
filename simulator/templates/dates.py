"""Dates in the template language: ISO 8601 durations, and .NET's date formats as far as templates use them.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-date
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from simulator.templates.syntax import TemplateError

_DURATION = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
#: .NET's letters and strftime's, longest first.
_LETTERS = (
    ("yyyy", "%Y"), ("yy", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("M", "%-m"), ("dddd", "%A"), ("ddd", "%a"),
    ("dd", "%d"), ("d", "%-d"), ("HH", "%H"), ("H", "%-H"), ("hh", "%I"), ("h", "%-I"), ("mm", "%M"), ("m", "%-M"),
    ("ss", "%S"), ("s", "%-S"), ("fffffff", "%f0"), ("tt", "%p"), ("K", "Z"),
)  # fmt: skip
_STANDARD = {
    "d": "%-m/%-d/%Y",
    "D": "%A, %B %-d, %Y",
    "o": "%Y-%m-%dT%H:%M:%S.%f0Z",
    "O": "%Y-%m-%dT%H:%M:%S.%f0Z",
    "s": "%Y-%m-%dT%H:%M:%S",
    "u": "%Y-%m-%d %H:%M:%SZ",
    "r": "%a, %d %b %Y %H:%M:%S GMT",
    "g": "%-m/%-d/%Y %-I:%M %p",
}


def utc_now(at: float, how: str = "yyyyMMddTHHmmssZ") -> str:
    """Return a moment in a format."""
    return _written(datetime.fromtimestamp(at, UTC), how)


def date_time_add(base: str, duration: str, how: str = "o") -> str:
    """Return a moment moved by a duration."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise TemplateError(f"'{duration[:50]}' is not an ISO 8601 duration")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    days += years * 365 + months * 30 + weeks * 7
    change = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return _written(_read(base) - change if found[1] else _read(base) + change, how)
    except OverflowError:
        raise TemplateError("the date is out of range") from None


def epoch_to_date(seconds: int) -> str:
    """Return a moment given in seconds since 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        raise TemplateError("the date is out of range") from None


def to_epoch(text: str) -> int:
    """Return a moment in seconds since 1970."""
    return int(_read(text).timestamp())


def _read(text: str) -> datetime:
    for how in ("%Y%m%dT%H%M%SZ", "%Y-%m-%d %H:%M:%SZ"):
        try:
            return datetime.strptime(text, how).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise TemplateError(f"'{text[:50]}' is not a date") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(moment: datetime, how: str) -> str:
    if how in _STANDARD:
        return moment.strftime(_STANDARD[how])
    out, at = "", 0
    while at < len(how):
        letters, sign = next(
            ((a, b) for a, b in _LETTERS if how.startswith(a, at)), (how[at], how[at].replace("%", "%%"))
        )
        out, at = out + sign, at + len(letters)
    return moment.strftime(out)
