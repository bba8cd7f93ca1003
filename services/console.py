"""What every command shares: how it refuses, what it tells on stderr, what it prints on stdout."""

import json
import sys
from collections.abc import Callable
from typing import Any


class Refused(Exception):
    """A command that can't do what it was asked; `code` is the exit code."""

    def __init__(
        self, message: str, *, code: int = 1, rule: str = "failed", path: str = "", suggestion: str = ""
    ) -> None:
        super().__init__(message)
        self.code, self.rule, self.path, self.suggestion = code, rule, path, suggestion


def say(message: str) -> None:
    """Tell the user something on stderr."""
    print(message, file=sys.stderr, flush=True)


def show(data: Any, as_json: bool, text: Callable[[Any], str]) -> None:
    """Print a result on stdout, as JSON or as text."""
    print(json.dumps(data, indent=2, ensure_ascii=False) if as_json else text(data))
