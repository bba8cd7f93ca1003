"""The golden set: requests with the answers that are expected, read from files, and compared with what comes back."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Case = Mapping[str, Any]  # {"request": ..., "expected": ... (may be absent)}

# Numbers may differ by a ten-thousandth: other processors and numeric libraries round float32 sums differently (about 1e-6),
# a wrong model differs by far more. Near zero a relative measure means nothing, so a millionth is let pass.
RELATIVE = 1e-4
ABSOLUTE = 1e-6
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


def difference(answer: Any, expected: Any, where: str = "") -> str:
    """Where an answer differs from what is expected, "" where it does not.

    An object may hold more than is expected; lists must be as long; numbers may differ by `RELATIVE` or `ABSOLUTE`.
    """
    if isinstance(expected, Mapping):
        return _objects(answer, expected, where)
    if isinstance(expected, list | tuple):
        return _lists(answer, expected, where)
    if _number(expected) and _number(answer):
        close = math.isclose(answer, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        return "" if close else _differs(answer, expected, where)
    same = type(answer) is type(expected) and answer == expected
    return "" if same else _differs(answer, expected, where)


def _objects(answer: Any, expected: Mapping[str, Any], where: str) -> str:
    if not isinstance(answer, Mapping):
        return _differs(answer, expected, where)
    for key, value in expected.items():
        place = f"{where}.{key}" if where else key
        if key not in answer:
            return f"{place} is expected and not in the answer"
        if found := difference(answer[key], value, place):
            return found
    return ""


def _lists(answer: Any, expected: Sequence[Any], where: str) -> str:
    if not isinstance(answer, list | tuple):
        return _differs(answer, expected, where)
    if len(answer) != len(expected):
        return f"{where or 'the answer'} has {len(answer)} values, {len(expected)} are expected"
    found = (
        difference(mine, theirs, f"{where}[{i}]")
        for i, (mine, theirs) in enumerate(zip(answer, expected, strict=True))
    )
    return next(filter(None, found), "")


def _differs(answer: Any, expected: Any, where: str) -> str:
    return f"{where or 'the answer'} is {_short(answer)}, {_short(expected)} is expected"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
