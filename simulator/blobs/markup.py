"""XML both ways: what answers are made of, and the two documents that requests may bring."""

from __future__ import annotations

import re
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from simulator.blobs.errors import BlobError

HEAD = '<?xml version="1.0" encoding="utf-8"?>'
#: What XML 1.0 cannot hold at all.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tag(name: str, *inside: str, text: str | None = None) -> str:
    """Return an element: of other elements, or of a text."""
    content = "".join(inside) if text is None else escape(_UNWRITABLE.sub("\ufffd", text))
    return f"<{name}>{content}</{name}>" if content else f"<{name} />"


def texts(values: dict[str, str | None]) -> str:
    """Return one element for each value that is not None."""
    return "".join(tag(name, text=value) for name, value in values.items() if value is not None)


def name_tag(name: str) -> str:
    """Return a blob's name; one that XML cannot hold is percent-encoded and says so."""
    if _UNWRITABLE.search(name) or "\ufffe" in name or "\uffff" in name:
        return f'<Name Encoded="true">{escape(quote(name, safe=""))}</Name>'
    return tag("Name", text=name)


def document(*inside: str) -> bytes:
    """Return a whole document."""
    return (HEAD + "".join(inside)).encode()


def read(data: bytes, root: str) -> ElementTree.Element:
    """Return a request's document.

    Raises:
        BlobError: 400 InvalidXmlDocument; a document type is refused, since nobody needs one.
    """
    try:
        if b"<!DOCTYPE" in data[:4096].upper():
            raise ValueError("a document type")
        found = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise BlobError("InvalidXmlDocument") from None
    if found.tag != root:
        raise BlobError("InvalidXmlDocument")
    return found
