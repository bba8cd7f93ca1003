"""What a browser calls a file becomes a name to show; it is never a path, and it must not deceive the eye."""

import unicodedata

LONGEST = 255
# Marks that turn the direction of writing: "fdp.lkp" can be made to look like "pkl.pdf" with them.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")


class NameRefused(ValueError):
    """A file name that can't be shown as it is; the message says what to do."""


def shown_name(name: str) -> str:
    """Return the last part of a name or path in any system's spelling; `NameRefused` when none is left to show."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2].strip()
    if plain in ("", ".", ".."):
        raise NameRefused("This file has no name. Give it one, such as model.onnx.")
    if any(sign in _TURNING or unicodedata.category(sign) in _UNSEEN for sign in plain):
        raise NameRefused(
            "The file's name holds characters that can't be seen or that turn its direction. Rename the file."
        )
    if len(plain.encode()) > LONGEST:
        raise NameRefused(f"The file's name is longer than {LONGEST} bytes. Rename the file.")
    return plain
