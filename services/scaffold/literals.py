"""How a value is written in each language, so that a project's name is text everywhere and code nowhere."""

import re
import shlex
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import yaml


class Trusted(str):
    """Text of our own, written as it is; every other text becomes a literal of the file's language."""

    __slots__ = ()


def writer(path: str) -> Callable[[Any], str]:
    """The function that writes a template's values into the file at `path`, chosen by its suffix."""
    literal = _LITERALS.get(PurePosixPath(path).suffix, _refuse)
    return lambda value: str(value) if isinstance(value, Trusted | int) else literal(str(value))


def in_python(text: str) -> str:
    """A string literal of Python."""
    plain = repr(text)
    return plain if plain[0] == '"' or '"' in plain else f'"{plain[1:-1]}"'


def in_r(text: str) -> str:
    """A string literal of R, in ASCII: R reads other characters by the locale of the machine."""
    return '"' + "".join(_r_character(c) for c in text) + '"'


def in_yaml(text: str) -> str:
    """A double-quoted scalar of YAML on one line."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).rstrip("\n")


def in_markdown(text: str) -> str:
    """Text on one line of Markdown, with every character that could be markup escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#|&~!$])", r"\\\1", " ".join(text.split()))


def _r_character(c: str) -> str:
    if c in '"\\':
        return f"\\{c}"
    if c == "\0":
        return ""  # R's strings can't hold it
    return c if " " <= c <= "~" else f"\\U{{{ord(c):X}}}"


def _refuse(text: str) -> str:
    raise TypeError(f"this kind of file has no literals, so {text!r} can't stand in it")


_LITERALS: dict[str, Callable[[str], str]] = {
    ".py": in_python, ".R": in_r, ".yml": in_yaml, ".yaml": in_yaml, ".md": in_markdown, ".sh": shlex.quote,
}  # fmt: skip
