"""Text in drawings: whatever a name holds stays text, and is cut to its place so that a change of state moves nothing.

Labels are HTML-like (https://graphviz.org/doc/info/shapes.html#html); yet a backslash and N, G, E, H, T or L in them
becomes the name of the node, the graph or the arrow, even as an entity (tried), so a text is parted behind a backslash.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

ELLIPSIS = "…"
GAP = 6  # points between an icon and its text
FOREIGN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML can't hold
AFTER_BACKSLASH = re.compile(r"(?<=\\)(?=[A-Za-z])")
NARROW = {"ijl'|": 0.23, "ftI.,:;!()[] /\\": 0.28, "r-": 0.35, "ckszxyvJ": 0.5, "mMW%@": 0.85}


def clean(text: str) -> str:
    """Replace what XML can't hold (control characters, lone surrogates, U+FFFE) by the replacement character.

    Line ends become what every XML reader makes of them.
    """
    return FOREIGN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str) -> str:
    """Clean text in one line: a label draws neither line ends nor tabs, so they are spaces."""
    return clean(text).replace("\n", " ").replace("\t", " ")


def fit(text: str, points: float, size: float, *, bold: bool = False) -> str:
    """Cut from the middle until the text is about `points` wide at that font size; start and end tell names apart."""
    text = line(text)
    units = points / size / (1.12 if bold else 1.0)
    if _width(text) <= units:
        return text
    head, tail = 0, len(text)
    while head < tail and _width(text[: head + 1] + ELLIPSIS + text[tail - 1 :]) <= units:
        head, tail = head + 1, tail - 1
    while tail < len(text) and unicodedata.combining(text[tail]):
        tail += 1
    return f"{text[:head]}{ELLIPSIS}{text[tail:]}"


def start(text: str, points: float, size: float) -> str:
    """The first words that fit in `points`; for sentences, whose start says most."""
    text = clean(" ".join(text.split()))
    if _width(text) <= points / size:
        return text
    room = points / size - _width(ELLIPSIS)
    end = next(i for i in range(len(text) + 1) if _width(text[: i + 1]) > room)
    words = text[:end].rpartition(" ")[0]
    return (words if len(words) > end / 2 else text[:end]).rstrip(" ,.;:") + ELLIPSIS


def wrap(text: str, points: float, size: float, lines: int) -> list[str]:
    """Break a sentence at words into at most so many lines of about `points`; what is left over is cut."""
    rest, found = clean(" ".join(text.split())), list[str]()
    while rest and len(found) < lines - 1 and _width(rest) > points / size:
        words = rest.split(" ")
        taken = max(
            (i for i in range(1, len(words)) if _width(" ".join(words[:i])) <= points / size), default=0
        )
        if not taken:
            break
        found.append(" ".join(words[:taken]))
        rest = " ".join(words[taken:])
    return [*found, start(rest, points, size)] if rest else found


def width(text: str, size: float) -> float:
    """About how wide a text is, in points."""
    return _width(clean(text)) * size


def text(content: str, size: float, colour: str, *, tag: str = "") -> str:
    """A piece of text with its font; `tag` is B or S. An empty piece keeps its place."""
    shown = clean(content).replace("  ", " \u00a0") or " "
    left, right = (f"<{tag}>", f"</{tag}>") if tag else ("", "")
    font = f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{left}'
    return "".join(f"{font}{html.escape(piece)}{right}</FONT>" for piece in AFTER_BACKSLASH.split(shown))


def image(theme: str, icon: str, size: int, *, rows: int = 1) -> str:
    """A cell with an icon of a fixed size and a gap after it; without an icon the place stays empty."""
    span = f' ROWSPAN="{rows}"' if rows > 1 else ""
    picture = f'<IMG SRC="{theme}/{icon}.png" SCALE="TRUE"/>' if icon else ""
    square = f'<TD FIXEDSIZE="TRUE" WIDTH="{size}" HEIGHT="{size}"{span}>{picture}</TD>'
    return f'{square}<TD WIDTH="{GAP}"{span}></TD>'


def cell(content: str, width: float, *, height: float = 0) -> str:
    """A cell of a fixed least width with one piece of text at its left."""
    tall = f' HEIGHT="{height:g}"' if height else ""
    return f'<TD ALIGN="LEFT" WIDTH="{width:g}"{tall}>{content}</TD>'


def nested(rows: Iterable[Iterable[str]]) -> str:
    """A table as one cell of another, so that its columns are its own."""
    return f'<TD ALIGN="LEFT">{_table(rows, 0)}</TD>'


def table(rows: Iterable[Iterable[str]], *, padding: int = 0) -> str:
    """A whole label: rows of cells without lines."""
    return f"<{_table(rows, padding)}>"


def seconds(value: float) -> str:
    """A duration for people: 0.4 s, 23 s, 3 min 5 s."""
    if value < 9.95:
        return f"{value:.1f} s".replace(".0 s", " s")
    if value < 119.5:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _table(rows: Iterable[Iterable[str]], padding: int) -> str:
    body = "".join(f"<TR>{''.join(row)}</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}">{body}</TABLE>'


def _width(text: str) -> float:
    return sum(map(_em, text))


@lru_cache(maxsize=4096)
def _em(char: str) -> float:
    """About how wide a character is in Arial, in parts of the font size; rather too wide than too narrow."""
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF" or ord(char) > 0x2E7F:
        return 1.1
    narrow = next((width for chars, width in NARROW.items() if char in chars), None)
    return narrow or (0.72 if char.isupper() or char in "w…" or ord(char) > 0x2FF else 0.555)
