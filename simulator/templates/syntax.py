"""Template expressions, read: ``[concat(variables('a'), '-b')]`` becomes a tree of calls, texts, numbers and paths.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_$][\w$]*)|(?P<sign>\.\?|\[\?|[()\[\],.]))"
)
DEEPEST = 200


class TemplateError(Exception):
    """A template that cannot be read or evaluated; the text says what is wrong and where."""


@dataclass(frozen=True)
class Text:
    """A text or number that stands for itself."""

    value: str | int | float


@dataclass(frozen=True)
class Function:
    """A call; ``space`` is the namespace of a user's own function, empty for built-in ones."""

    name: str
    arguments: tuple[Node, ...]
    space: str = ""


@dataclass(frozen=True)
class Step:
    """A member or an item of another value; ``safe`` gives null where there is none."""

    of: Node
    key: Node
    safe: bool = False


Node = Text | Function | Step


def is_expression(text: str) -> bool:
    """Tell whether a text is an expression; ``[[`` at the beginning means a bracket that stands for itself."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Read the expression within the brackets.

    Raises:
        TemplateError: with the place where it cannot be understood.
    """
    reader = _Reader(text[1:-1])
    node = reader.value(0)
    if reader.at < len(reader.tokens):
        raise reader.complaint()
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens = list(self._split(text))

    def value(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise TemplateError("the template language expression is nested too deeply")
        node = self._first(depth)
        while self.at < len(self.tokens):
            sign = self.tokens[self.at][1]
            if sign in {".", ".?"}:
                self.at += 1
                node = Step(node, Text(self._take("name")), sign == ".?")
            elif sign in {"[", "[?"}:
                self.at += 1
                node = Step(node, self.value(depth + 1), sign == "[?")
                self._sign("]")
            else:
                break
        return node

    def complaint(self) -> TemplateError:
        place = self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.text)
        return TemplateError(
            f"the template language expression '{self.text[:200]}' is not valid: unexpected text at position {place + 1}"
        )

    def _first(self, depth: int) -> Node:
        if self.at >= len(self.tokens):
            raise self.complaint()
        kind, word, _ = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return Text(word[1:-1].replace("''", "'"))
        if kind == "number":
            return Text(float(word) if "." in word else int(word))
        if kind != "name":
            self.at -= 1
            raise self.complaint()
        space = ""
        if self._is(".") and self.at + 2 < len(self.tokens) and self.tokens[self.at + 2][1] == "(":
            self.at += 1
            space, word = word, self._take("name")
        self._sign("(")
        return Function(word, self._arguments(depth), space)

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        if self._is(")"):
            self.at += 1
            return ()
        found = [self.value(depth + 1)]
        while self._is(","):
            self.at += 1
            found.append(self.value(depth + 1))
        self._sign(")")
        return tuple(found)

    def _is(self, sign: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1] == sign

    def _sign(self, sign: str) -> None:
        if not self._is(sign):
            raise self.complaint()
        self.at += 1

    def _take(self, kind: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != kind:
            raise self.complaint()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _split(self, text: str) -> list[tuple[str, str, int]]:
        out, at, end = [], 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise TemplateError(
                    f"the template language expression '{text[:200]}' is not valid: unexpected text at position {at + 1}"
                )
            out.append((found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
            at = found.end()
        return out
