"""Plain data as it stands in a generated file: what comes from a model file is a stranger's text, and never code."""

import json
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from services.scaffold.literals import Trusted, in_python

_WIDE = 110
_QUIET = re.compile(r"[\w .()/-]{1,60}", re.ASCII)


def python(value: Any, indent: str = "") -> Trusted:
    """A Python literal, on several lines where it is long."""
    if isinstance(value, Mapping):
        return _bracketed("{", [f"{python(k)}: {python(v)}" for k, v in value.items()], "}", indent)
    if isinstance(value, list):
        return _bracketed("[", [python(one) for one in value], "]", indent)
    if isinstance(value, tuple):
        inside = ", ".join(python(one) for one in value)
        return Trusted(f"({inside},)" if len(value) == 1 else f"({inside})")
    if isinstance(value, str):
        return Trusted(in_python(value))
    finite = (
        value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
    )
    return Trusted(repr(value) if finite else in_python(str(value)))


def quiet(text: object) -> str:
    """Text of a stranger that may stand in a comment or docstring; "" for what could end one."""
    return str(text) if _QUIET.fullmatch(str(text)) else ""


def example(names: Sequence[str], values: Sequence[Any]) -> Trusted:
    """A request of one row, by position and by name."""
    shown = [quiet(name) for name in names[:3]]
    row = ", ".join(json.dumps(value) for value in values[:3]) + (", ..." if len(values) > 3 else "")
    by_name = ", ".join(f'"{name}": {json.dumps(value)}' for name, value in zip(shown, values, strict=False))
    more = ", ..." if len(values) > 3 else ""
    told = f'\n    or, by name, {{"data": [{{{by_name}{more}}}, ...]}}' if shown and all(shown) else ""
    return Trusted(f'{{"data": [[{row}], ...]}}{told}')


def _bracketed(start: str, items: list[Any], end: str, indent: str) -> Trusted:
    line = f"{start}{', '.join(items)}{end}"
    if len(line) <= _WIDE - 30:
        return Trusted(line)
    lines = _filled(items, indent + "    ")
    return Trusted("\n".join([start, *lines, f"{indent}{end}"]))


def _filled(items: list[Any], indent: str) -> list[str]:
    """Items one after the other, as many as fit on a line; an item is never broken."""
    lines = [indent]
    for item in items:
        if len(lines[-1]) + len(item) > _WIDE and lines[-1].strip():
            lines.append(indent)
        lines[-1] += f"{item}, "
    return [textwrap.dedent(line).rstrip() and line.rstrip() for line in lines]
