"""The functions of the template language that depend on their arguments alone.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

from simulator.templates import hashing
from simulator.templates.dates import date_time_add, epoch_to_date, to_epoch
from simulator.templates.syntax import TemplateError

#: A template must not fill the memory: no text and no list that a function makes is longer.
LARGEST = 200_000


def concat(*parts: Any) -> Any:
    """Join texts, or lists; anything that is not a list becomes a text."""
    if any(isinstance(part, list) for part in parts):
        return _checked([item for part in parts for item in (part if isinstance(part, list) else [part])])
    return _checked("".join(as_text(part) for part in parts))


def contains(container: Any, item: Any) -> bool:
    """Tell whether a list has an item, an object a key (without regard to case), or a text a part."""
    if isinstance(container, dict):
        return any(key.lower() == str(item).lower() for key in container)
    if isinstance(container, list):
        return any(equals(one, item) for one in container)
    return as_text(item) in _text(container)


def equals(left: Any, right: Any) -> bool:
    """Compare without mixing up types: 1 is not "1", and true is not 1."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def union(*parts: Any) -> Any:
    """Join objects deeply, or lists without doubles."""
    if all(isinstance(part, list) for part in parts):
        out: list[Any] = []
        for item in (item for part in parts for item in part):
            if not any(equals(item, one) for one in out):
                out.append(item)
        return out
    merged: dict[str, Any] = {}
    for part in parts:
        merged = _merged(merged, _object(part or {}))
    return merged


def intersection(*parts: Any) -> Any:
    """Return what all objects or all lists have in common."""
    first, *others = parts
    if isinstance(first, list):
        return [item for item in first if all(any(equals(item, one) for one in other) for other in others)]
    return {
        key: value
        for key, value in _object(first).items()
        if all(key in _object(other) and equals(other[key], value) for other in others)
    }


def replace(text: str, old: str, new: str) -> str:
    """Replace every occurrence."""
    return str(_checked(_text(text).replace(_text(old), as_text(new))))


def split(text: str, by: Any) -> list[str]:
    """Split at one separator or at any of several."""
    marks = by if isinstance(by, list) else [by]
    return re.split("|".join(re.escape(str(mark)) for mark in marks), _text(text)) if marks else [text]


def substring(text: str, start: int, length: int | None = None) -> str:
    """Return a part of a text; it must lie within it."""
    text = _text(text)
    end = len(text) if length is None else start + length
    if start < 0 or end > len(text) or end < start:
        raise TemplateError(
            f"the template language function 'substring' parameters are not valid: index {start} and length {length} of a "
            f"string of length {len(text)}"
        )
    return text[start:end]


def format_text(template: str, *values: Any) -> str:
    """Fill ``{0}`` and its likes; a number may have a format such as ``{0:000}`` or ``{0:D3}``."""

    def filled(found: re.Match[str]) -> str:
        number, how = int(found[1]), found[2] or ""
        if number >= len(values):
            raise TemplateError(f"the template language function 'format' has no argument for '{found[0]}'")
        return _formatted(values[number], how)

    marked = _text(template).replace("{{", "\0").replace("}}", "\1")
    return str(
        _checked(re.sub(r"\{(\d+)(?::([^}]*))?\}", filled, marked).replace("\0", "{").replace("\1", "}"))
    )


def as_text(value: Any) -> str:
    """Return a value as the language writes it into a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return "" if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def as_string(value: Any) -> str:
    """Return what ``string()`` makes of a value: JSON, but for texts."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def as_int(value: Any) -> int:
    """Return a whole number."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TemplateError(f"the value '{as_text(value)[:100]}' cannot be converted to an integer") from None


def as_bool(value: Any) -> bool:
    """Return true or false for what may be read as one."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    raise TemplateError(f"the value '{as_text(value)[:100]}' cannot be converted to a boolean")


def empty(value: Any) -> bool:
    """Tell whether a text, list or object is empty, or nothing is there."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def length(value: Any) -> int:
    """Return how many characters, items or members there are."""
    if not isinstance(value, str | list | dict):
        raise TemplateError("the template language function 'length' expects a string, an array or an object")
    return len(value)


def value_range(start: int, count: int) -> list[int]:
    """Return ``count`` numbers from ``start`` on."""
    if not 0 <= count <= 10_000:
        raise TemplateError("the template language function 'range' expects a count between 0 and 10000")
    return list(range(start, start + count))


def _formatted(value: Any, how: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and how:
        width = re.fullmatch(r"[dD](\d+)|(0+)", how)
        if width:
            return f"{value:0{int(width[1] or len(width[2]))}d}"
        if how[0] in "xX":
            return f"{value:{'0' + how[1:] if how[1:] else ''}{how[0]}}"
    return as_text(value)


def _merged(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    out = dict(left)
    for key, value in right.items():
        before = out.get(key)
        out[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return out


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TemplateError(f"a string was expected where '{as_text(value)[:100]}' stands")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TemplateError(f"an object was expected where '{as_text(value)[:100]}' stands")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TemplateError(f"a number was expected where '{as_text(value)[:100]}' stands")
    return value  # type: ignore[return-value] # a float only comes from json()


def _checked(value: Any) -> Any:
    if len(value) > LARGEST:
        raise TemplateError("the template language expression makes a value that is too large")
    return value


def _padded(text: Any, width: int, fill: str = " ") -> str:
    return as_text(text).rjust(min(width, LARGEST), fill)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(_text(text), validate=True).decode()
    except ValueError:
        raise TemplateError(
            "the template language function 'base64ToString' expects a base64 string"
        ) from None


def _json(text: str) -> Any:
    try:
        return json.loads(_text(text))
    except ValueError:
        raise TemplateError("the template language function 'json' expects a JSON string") from None


def _divided(left: int, right: int) -> int:
    if right == 0:
        raise TemplateError("the template language function 'div' cannot divide by zero")
    return int(left / right) if abs(left) < 2**50 else left // right


def _end(value: Any, at: int) -> Any:
    if not value:
        return "" if isinstance(value, str) else None
    return value[at]


def _index(text: Any, item: Any, last: bool = False) -> int:
    if isinstance(text, list):
        found = [number for number, one in enumerate(text) if equals(one, item)]
        return (found[-1] if last else found[0]) if found else -1
    lower, part = _text(text).lower(), _text(item).lower()
    return lower.rfind(part) if last else lower.find(part)


def _items(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value[key]} for key in sorted(_object(value), key=str.lower)]


def _flat(value: list[Any]) -> list[Any]:
    return [item for one in value for item in (one if isinstance(one, list) else [one])]


def _objects(*parts: Any) -> dict[str, Any]:
    return {str(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}


def _less(left: Any, right: Any) -> bool:
    return bool(_text(left) < right) if isinstance(left, str) else _number(left) < _number(right)


def _extreme(pick: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    return pick(values[0] if len(values) == 1 and isinstance(values[0], list) else values)


PURE: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: _number(a) + _number(b),
    "and": lambda *values: all(as_bool(value) for value in values),
    "array": lambda value: value if isinstance(value, list) else [value],
    "base64": lambda text: base64.b64encode(_text(text).encode()).decode(),
    "base64tojson": lambda text: _json(_decoded(text)),
    "base64tostring": _decoded,
    "bool": as_bool,
    "concat": concat,
    "contains": contains,
    "createarray": lambda *values: list(values),
    "createobject": _objects,
    "datauri": lambda text: (
        "data:text/plain;charset=utf8;base64," + base64.b64encode(_text(text).encode()).decode()
    ),
    "datauritostring": lambda text: _decoded(_text(text).rpartition(",")[2]),
    "datetimeadd": date_time_add,
    "datetimefromepoch": epoch_to_date,
    "datetimetoepoch": to_epoch,
    "div": lambda a, b: _divided(_number(a), _number(b)),
    "empty": empty,
    "endswith": lambda text, end: _text(text).lower().endswith(_text(end).lower()),
    "equals": equals,
    "false": lambda: False,
    "first": lambda value: _end(value, 0),
    "flatten": _flat,
    "float": float,
    "format": format_text,
    "greater": lambda a, b: _less(b, a),
    "greaterorequals": lambda a, b: not _less(a, b),
    "guid": lambda *values: hashing.guid([as_string(value) for value in values]),
    "indexof": _index,
    "int": as_int,
    "intersection": intersection,
    "items": _items,
    "join": lambda values, by: _checked(str(by).join(as_text(value) for value in values)),
    "json": _json,
    "last": lambda value: _end(value, -1),
    "lastindexof": lambda text, item: _index(text, item, True),
    "length": length,
    "less": _less,
    "lessorequals": lambda a, b: not _less(b, a),
    "max": lambda *values: _extreme(max, values),
    "min": lambda *values: _extreme(min, values),
    "mod": lambda a, b: _number(a) - _divided(_number(a), _number(b)) * _number(b),
    "mul": lambda a, b: _number(a) * _number(b),
    "not": lambda value: not as_bool(value),
    "null": lambda: None,
    "objectkeys": lambda value: sorted(_object(value), key=str.lower),
    "or": lambda *values: any(as_bool(value) for value in values),
    "padleft": _padded,
    "range": value_range,
    "replace": replace,
    "shallowmerge": lambda values: {key: value for one in values for key, value in _object(one).items()},
    "skip": lambda value, count: value[max(count, 0) :],
    "split": split,
    "startswith": lambda text, start: _text(text).lower().startswith(_text(start).lower()),
    "string": as_string,
    "sub": lambda a, b: _number(a) - _number(b),
    "substring": substring,
    "take": lambda value, count: value[: max(count, 0)],
    "tolower": lambda text: _text(text).lower(),
    "toupper": lambda text: _text(text).upper(),
    "trim": lambda text: _text(text).strip(),
    "true": lambda: True,
    "tryget": lambda value, *path: _tried(value, path),
    "tryindexfromend": lambda value, count: value[-count] if 0 < count <= len(value) else None,
    "union": union,
    "uniquestring": lambda *values: hashing.unique_string([as_string(value) for value in values]),
    "uri": lambda base, more: urllib.parse.urljoin(base if base.count("/") > 2 else base + "/", more),
    "uricomponent": lambda text: urllib.parse.quote(_text(text), safe="-_.!~*'()"),
    "uricomponenttostring": lambda text: urllib.parse.unquote(_text(text)),
}


def _tried(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = next((item for key, item in value.items() if key.lower() == str(step).lower()), None)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value
