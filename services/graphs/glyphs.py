"""Which characters the layout program's fonts lack: its PNG draws a box for each, and a user should be told."""

import html
import io
import unicodedata
from collections.abc import Callable

from PIL import Image

UNASSIGNED = "\u0378"
CELL = 40


def lacking(text: str, draw_png: Callable[[str], bytes]) -> list[str]:
    """Characters of the text that come out as the box for unknown ones, each once, in order.

    They are drawn by the program itself beside one that no font has, and compared; `draw_png` makes a PNG at 72 dots.
    """
    wanted = [c for c in dict.fromkeys(text) if ord(c) > 0x7F and unicodedata.category(c)[0] not in "CMZ"]
    if not wanted:
        return []
    drawn = Image.open(io.BytesIO(draw_png(_source([UNASSIGNED, *wanted])))).convert("L")
    unknown, *pieces = (_piece(drawn, row) for row in range(len(wanted) + 1))
    return [c for c, piece in zip(wanted, pieces, strict=True) if piece == unknown]


def _source(characters: list[str]) -> str:
    """One character to a row of a table, all at the same place in their cells."""
    cell = '<TR><TD FIXEDSIZE="TRUE" ALIGN="LEFT" WIDTH="{0}" HEIGHT="{0}">{1}</TD></TR>'
    rows = "".join(cell.format(CELL, html.escape(c)) for c in characters)
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>'
    return (
        f"digraph {{ pad=0; node [shape=plain, margin=0, fontname=Arial, fontsize=16]; a [label=<{table}>] }}"
    )


def _piece(drawn: Image.Image, row: int) -> bytes:
    return drawn.crop((0, row * CELL, CELL, (row + 1) * CELL)).tobytes()
