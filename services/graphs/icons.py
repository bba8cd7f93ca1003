"""Our own icons as lines to put into a drawing; PNG copies in both themes stand beside them for the layout program."""

from functools import cache
from pathlib import Path
from xml.etree import ElementTree

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "icons"
FALLBACK = "resource"
SVG = "{http://www.w3.org/2000/svg}"


@cache
def name(icon: str) -> str:
    """That icon, or a plain box where a new resource type has brought none."""
    return icon if (FOLDER / f"{icon}.svg").is_file() else FALLBACK


@cache
def shapes(icon: str) -> tuple[ElementTree.Element, ...]:
    """The shapes of an icon, in a square of 24."""
    root = ElementTree.fromstring((FOLDER / f"{name(icon)}.svg").read_bytes())
    return tuple(root)
