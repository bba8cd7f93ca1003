"""A model that somebody has brought: with it the repository serves that model, instead of one that its training makes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

# A name that can stand in a path, a pattern of git and a table of the README as it is.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
EMPTY: Mapping[str, Any] = {"request": {"data": []}, "expected": {}}


@dataclass(frozen=True)
class Chosen:
    """The model's file, its handler's files by name, its golden set, and the file's bytes where it is to be shipped."""

    file_name: str
    language: Literal["python", "r"]
    entry: str
    files: Mapping[str, str]
    golden: Sequence[Mapping[str, Any]] = ()
    content: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)

    @property
    def first(self) -> Mapping[str, Any]:
        """The request that a deployed endpoint is asked, with what is expected; an empty one where there is none."""
        return self.golden[0] if self.golden else EMPTY

    def unfit(self, language: str) -> str:
        """Why it can't be part of a repository in this language, in one sentence; "" when it can."""
        words = {"python": "Python", "r": "R"}
        if self.language != language:
            return f"The chosen model is served by {words[self.language]}, and the project's language is {words[language]}."
        odd = [name for name in (self.file_name, *self.files) if not _PLAIN.fullmatch(name)]
        return f"The name {odd[0]!r} can't stand in a repository: rename the file." if odd else ""
