"""Template files as people write them: comments, texts over several lines, and az's body with an unquoted key.

az sends ``{"properties": {..., template:{ the file as it is }}}``, which is no JSON.
"""

from __future__ import annotations

import re

_PIECES = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<key>(?<=[{,\s])template\s*:)', re.DOTALL
)
_TRAILING = re.compile(r",(\s*[}\]])")


def strict(text: str) -> str:
    """Return a text as strict JSON would have it."""

    def mended(found: re.Match[str]) -> str:
        if found["comment"] is not None:
            return " "
        if found["key"] is not None:
            return '"template":'
        return found["text"].replace("\r\n", "\\n").replace("\n", "\\n").replace("\t", "\\t")

    return _outside_texts(_PIECES.sub(mended, text))


def _outside_texts(text: str) -> str:
    """Take trailing commas out, but never within a text."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    # Commas and the bracket after them never have a text between them.
    return "".join(part if number % 2 else _TRAILING.sub(r"\1", part) for number, part in enumerate(parts))
