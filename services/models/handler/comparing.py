"""What a user has changed in the generated handler, file by file."""

import difflib

from services.models.handler.noun import Handler


def difference(generated: Handler, current: Handler) -> dict[str, str]:
    """Unified differences by file name; a file that is the same is not there, one that only one side has is whole."""
    names = sorted(generated.files.keys() | current.files.keys())
    changes = {name: _unified(name, generated.files.get(name), current.files.get(name)) for name in names}
    return {name: text for name, text in changes.items() if text}


def _unified(name: str, before: str | None, after: str | None) -> str:
    old, new = (before or "").splitlines(), (after or "").splitlines()
    lines = difflib.unified_diff(old, new, f"generated/{name}", f"yours/{name}", lineterm="")
    told = "\n".join(lines)
    return told or ("" if before == after else _invisible(name))


def _invisible(name: str) -> str:
    return f"--- generated/{name}\n+++ yours/{name}\n(only line ends, or an empty file)"
