"""The box that every graph is made of: icon, kind, name, quiet lines, and how it is; of fixed measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.graphs import icons, labels
from services.graphs.style import PLAIN, StateStyle, Theme

WIDTH = 176.0
FULL = WIDTH + 10.0  # with its margins
ICON, SIGN = 24, 12


@dataclass(frozen=True)
class Box:
    """How a node looks. `words` with the sign of `style` are its last row; a box without `words` has no such row.

    Optional: `folded` corner. Existing: `double` line. `aside` stands at the right of the first note.
    """

    key: str
    kind: str
    name: str
    layer: str
    icon: str
    notes: tuple[str, ...] = ()
    words: str | None = None
    style: StateStyle = PLAIN
    signed: bool = True
    folded: bool = False
    double: bool = False
    dim: bool = False
    aside: str = ""
    width: float = WIDTH


def put(dot: Any, theme: Theme, box: Box) -> None:
    """Add the box to the DOT source."""
    style, paint = box.style, theme.layers[box.layer]
    lines = ["filled"] + ([style.line] if style.line != "solid" else [])
    dot.node(
        box.key, id=f"node-{box.key}", label=_label(theme, box), shape="note" if box.folded else "box",
        style=",".join(lines), fillcolor=theme.layers["scope"].fill if box.dim else paint.fill,
        color=theme.tones[style.tone] if style.own_line else paint.stroke, penwidth=f"{style.width:g}",
        peripheries="2" if box.double else "1",
    )  # fmt: skip


def head(theme: Theme, icon: str, kind: str, name: str, width: float, *, strike: bool = False) -> str:
    """Icon at the left of type and name, as one cell."""
    room = width - ICON - labels.GAP
    said = labels.text(labels.fit(kind, room, 11), 11, theme.tones["muted"])
    called = labels.text(
        labels.fit(name, room, 13, bold=True), 13, theme.tones["text"], tag="S" if strike else "B"
    )
    picture = labels.image(theme.name, icons.name(icon), ICON, rows=2)
    return labels.nested([[picture, labels.cell(said, room)], [labels.cell(called, room)]])


def status(theme: Theme, style: StateStyle, words: str, width: float, *, signed: bool = True) -> str:
    """Sign and words as one cell; where neither is wanted the row keeps its height, so that layers change no measures."""
    room = width - SIGN - labels.GAP
    said = labels.text(labels.start(words, room, 11), 11, theme.tones[style.tone])
    sign = labels.image(theme.name, style.sign if signed else "", SIGN)
    return labels.nested([[sign, labels.cell(said, room)]])


def _label(theme: Theme, box: Box) -> str:
    rows = [[head(theme, box.icon, box.kind, box.name, box.width, strike=box.style.strike)]]
    rows += [
        [_note(theme, box, note, box.aside if not place else "")] for place, note in enumerate(box.notes)
    ]
    if box.words is not None:
        rows.append([status(theme, box.style, box.words, box.width, signed=box.signed)])
    return labels.table(rows)


def _note(theme: Theme, box: Box, note: str, aside: str) -> str:
    """One quiet line; what stands at its right takes its room from it."""
    muted, height = theme.tones["muted"], 19 if len(box.notes) == 1 else 15
    if not aside:
        return labels.cell(labels.text(labels.fit(note, box.width, 11), 11, muted), box.width, height=height)
    right = labels.fit(aside, box.width / 2, 11)
    room = box.width - labels.width(right, 11) - labels.GAP
    said = labels.text(labels.fit(note, room, 11), 11, muted)
    kept = labels.text(right, 11, theme.tones["text"])
    return labels.nested([[labels.cell(said, room, height=height), f'<TD ALIGN="RIGHT">{kept}</TD>']])


def frame(theme: Theme, layer: str, style: StateStyle = PLAIN, just: str = "l") -> dict[str, str]:
    """The attributes of a frame in the colours of its layer."""
    paint = theme.layers[layer]
    return {
        "style": "filled,rounded" if style.line == "solid" else f"filled,rounded,{style.line}",
        "color": theme.tones[style.tone] if style.own_line else paint.stroke, "fillcolor": paint.fill,
        "penwidth": f"{style.width:g}", "labelloc": "t", "labeljust": just, "margin": "9",
    }  # fmt: skip


def canvas(theme: Theme, font: str, legend: str, **more: str) -> dict[str, str]:
    """The attributes of every graph as a whole."""
    return {
        "bgcolor": theme.background, "fontname": font, "rankdir": "TB", "nodesep": "0.17", "ranksep": "0.3",
        "pad": "0.06", "labelloc": "b", "labeljust": "l", "label": legend,
    } | more  # fmt: skip


def sentences(words: str, width: float, lines: int) -> Sequence[str]:
    """A sentence broken at words into that many lines, the last one cut; fewer are filled up, so that boxes are equal."""
    found = labels.wrap(words, width * 0.94, 11, lines)  # pages show a font that is sometimes wider
    return [*found, *[""] * (lines - len(found))]
