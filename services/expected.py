"""When an answer is the expected one: exact for labels and texts, close for numbers.

The same comparison judges the test on this machine and the smoke test in the cloud.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

# Numbers may differ by a ten-thousandth: other processors and numeric libraries round float32 sums differently (about 1e-6),
# a wrong model differs by far more. Near zero a relative measure means nothing, so a millionth is let pass.
RELATIVE = 1e-4
ABSOLUTE = 1e-6


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
