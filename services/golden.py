"""When an answer is the expected one: exact for labels and texts, close for numbers.

The same comparison judges the test on this machine and the smoke test in the cloud.
"""

import math
from collections.abc import Mapping
from typing import Any

# A float32 model on another processor differs in the last of its seven digits; a wrong model differs in the first.
RELATIVE, ABSOLUTE = 1e-4, 1e-6


def difference(expected: Any, answer: Any, path: str = "") -> str:
    """Where an answer first differs from what is expected, in words; "" where it does not.

    Only what is expected is compared: an answer may hold more (probabilities beside predictions). None expects nothing.
    """
    if expected is None:
        return ""
    if isinstance(expected, Mapping):
        return _in_mapping(expected, answer, path)
    if isinstance(expected, list | tuple):
        return _in_list(expected, answer, path)
    return (
        ""
        if _same(expected, answer)
        else f"{path or 'the answer'} is {_short(answer)}, not {_short(expected)}"
    )


def _in_mapping(expected: Mapping[str, Any], answer: Any, path: str) -> str:
    if not isinstance(answer, Mapping):
        return f"{path or 'the answer'} is {_short(answer)}, not an object"
    for key, value in expected.items():
        place = f"{path}.{key}" if path else str(key)
        if key not in answer:
            return f"{place} is missing"
        if why := difference(value, answer[key], place):
            return why
    return ""


def _in_list(expected: Any, answer: Any, path: str) -> str:
    if not isinstance(answer, list | tuple):
        return f"{path or 'the answer'} is {_short(answer)}, not a list"
    if len(expected) != len(answer):
        return f"{path or 'the answer'} has {len(answer)} values, not {len(expected)}"
    pairs = enumerate(zip(expected, answer, strict=True))
    return next((why for n, (one, other) in pairs if (why := difference(one, other, f"{path}[{n}]"))), "")


def _same(expected: Any, answer: Any) -> bool:
    if isinstance(expected, bool) or isinstance(answer, bool):
        return expected is answer
    if isinstance(expected, int | float) and isinstance(answer, int | float):
        return math.isclose(expected, answer, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(expected == answer)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
