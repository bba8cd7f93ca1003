"""scipy.stats distributions in a pickle: a randomised search keeps those that it drew from, and loading them runs `exec`.

What is executed stands in the pickle itself, so it must be, letter for letter, what SciPy writes for names of shapes.
Nothing else that a distribution keeps may be callable, since loading looks up its methods on the object first.
"""

import keyword
import re
from typing import Any

from services.models.inspection.symbols import Global, Large, Map, Obj, Seq

KIND = "distribution"
_ARGUMENTS = re.compile(r"\ndef _parse_args\(self, ((?:[A-Za-z]\w*, )*) (loc=0(?:, scale=1)?)\):")
_TEMPLATE = """
def _parse_args(self, {names} {given}):
    return ({names}), {kept}

def _parse_args_rvs(self, {names} {given}, size=None):
    return self._argcheck_rvs({names} {kept}, size=size)

def _parse_args_stats(self, {names} {given}, moments='mv'):
    return ({names}), {kept}, moments
"""
_RANDOM = {"__randomstate_ctor", "__generator_ctor"}


def odd(made: Obj, state: Any) -> str:
    """Why the state of a distribution is not SciPy's own; "" when it is."""
    if not isinstance(state, Map) or state.dropped:
        return f"The state of {made.made_by} is not followed."
    text = state.get("_parse_arg_template")
    if not made.type_name.endswith("_frozen") and not _is_template(text):
        return f"Loading {made.made_by} would execute a text that SciPy does not write."
    strange = next(
        (key for key, value in state.pairs if not (isinstance(key, str) and _is_plain(value))), None
    )
    return (
        ""
        if strange is None
        else f"{made.made_by} would keep something in {strange!r:.60} that can be called."
    )


def entropy(args: list[Any]) -> bool:
    """Whether the arguments are those of the one `getattr` that discrete distributions pickle."""
    return len(args) == 2 and _is_made(args[0], KIND) and args[1] == "_entropy"


def vectorized(state: Any) -> bool:
    """Whether a `numpy.vectorize` is the one of a discrete distribution's entropy."""
    held = state.get("pyfunc") if isinstance(state, Map) else None
    others = [value for key, value in state.pairs if key != "pyfunc"] if isinstance(state, Map) else [held]
    return isinstance(held, Obj) and held.type_name == "getattr" and all(_is_plain(one) for one in others)


def _is_template(text: Any) -> bool:
    found = _ARGUMENTS.match(text) if isinstance(text, str) else None
    if not found or any(keyword.iskeyword(name) for name in found[1].split(", ")):
        return False
    kept = "loc, scale" if "scale" in found[2] else "loc, 1"
    return bool(text == _TEMPLATE.format(names=found[1], given=found[2], kept=kept))


def _is_made(value: Any, kind: str) -> bool:
    return isinstance(value, Obj) and isinstance(value.made_by, Global) and value.made_by.kind == kind


def _is_plain(value: Any, depth: int = 0) -> bool:
    if value is None or isinstance(value, str | int | float | Large):
        return True
    if depth > 5:
        return False
    if isinstance(value, Seq):
        return not value.dropped and all(_is_plain(one, depth + 1) for one in value.items)
    if isinstance(value, Map):
        return not value.dropped and all(_is_plain(one, depth + 1) for pair in value.pairs for one in pair)
    if not isinstance(value, Obj) or _is_made(value, KIND):
        return isinstance(value, Obj)
    return value.type_name in _RANDOM or value.type_name == "scalar" or value.type_name == "vectorize"
