"""Turns what pydantic finds into problems that a person can act on: a path, one of a few rules, a suggestion."""

import difflib
import re
from typing import Any

from pydantic import BaseModel

from services import naming
from services.config import Problem

_RULES = {
    "missing": "required",
    "string_too_short": "required",
    "string_too_long": "length",
    "literal_error": "not_allowed",
    "string_pattern_mismatch": "pattern",
    "greater_than_equal": "range",
    "less_than_equal": "range",
}


def unknown_key(path: str, known: list[str]) -> Problem:
    """The problem of a key that nothing knows, with the nearest one that is known."""
    last = path.rpartition(".")[2]
    near = difflib.get_close_matches(last, known, 1)
    message = f"There is no key `{last}` here. Known keys: {', '.join(known)}."
    return Problem(path, "unknown_key", message, near[0] if near else None)


def problem(kind: type[BaseModel], path: str, error: Any) -> Problem:
    """One of pydantic's errors (`ValidationError.errors()`) of a model that stands at `path`."""
    where = ".".join(filter(None, [path, *map(str, error["loc"])]))
    if error["type"] == "extra_forbidden":
        return unknown_key(where, list(kind.model_fields))
    rule = _RULES.get(error["type"], "wrong_type")
    return Problem(where, rule, _sentence(rule, error), _suggestion(rule, error))


def _sentence(rule: str, error: Any) -> str:
    given, context = error.get("input"), error.get("ctx", {})
    if rule == "required":
        return "This is needed."
    if rule == "length":
        return f"This has {len(given)} characters; at most {context['max_length']} are taken."
    shown = "" if given is None or isinstance(given, dict | list) else f" (given: {str(given)[:60]!r})"
    return f"{error['msg']}{shown}."


def _suggestion(rule: str, error: Any) -> str | None:
    given, context = error.get("input"), error.get("ctx", {})
    if rule == "length":
        return str(given)[: context["max_length"]].strip()
    if rule == "not_allowed":
        allowed = re.findall(r"'([^']*)'", str(context.get("expected")))
        return next(iter(difflib.get_close_matches(str(given), allowed, 1)), None)
    if rule == "pattern" and isinstance(given, str):
        squeezed = naming.slug(given).replace("-", "")
        return squeezed if re.search(context["pattern"], squeezed) else None
    return None
