"""The golden set: requests with the answers that are expected, read from files, and compared with what comes back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.expected import difference

__all__ = ["BadGolden", "Case", "checked", "difference", "parse", "read"]
Case = Mapping[str, Any]  # {"request": ..., "expected": ... (may be absent)}

MOST_CASES = 1000
EXAMPLE = '{"data": [[5.1, 3.5, 1.4, 0.2]]}'
_KEYS = {"request", "expected"}


class BadGolden(ValueError):
    """A request or a golden set that can't be used; the message says where and what to do."""


def read(path: Path) -> tuple[Case, ...]:
    """Read a file with one request or with a golden set."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadGolden(f"The file {path} can't be read: {why}.") from None
    return parse(text)


def parse(text: str) -> tuple[Case, ...]:
    """One request (an object), or a golden set: a list of {"request": ..., "expected": ...}."""
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadGolden(f"This is not JSON: {error}. A request looks like {EXAMPLE}.") from None
    if isinstance(data, dict) and not (_KEYS & data.keys() and data.keys() <= _KEYS):
        return ({"request": data},)
    cases = [data] if isinstance(data, dict) else data
    if not isinstance(cases, list) or not cases:
        raise BadGolden(
            f"A request is an object such as {EXAMPLE}; a golden set is a list of them, each in a request key."
        )
    return tuple(checked(cases))


def checked(cases: Sequence[Any]) -> Iterator[Case]:
    """The cases of a golden set, each with a request and no key that means nothing."""
    if len(cases) > MOST_CASES:
        raise BadGolden(f"The golden set has {len(cases)} requests; {MOST_CASES} are the most.")
    for number, case in enumerate(cases, 1):
        if not isinstance(case, dict) or not isinstance(case.get("request"), dict):
            raise BadGolden(f'Request {number} needs "request": an object such as {EXAMPLE}.')
        unknown = sorted(case.keys() - _KEYS)
        if unknown:
            raise BadGolden(
                f'Request {number} has the key {unknown[0]!r}; only "request" and "expected" are known.'
            )
        yield case


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
