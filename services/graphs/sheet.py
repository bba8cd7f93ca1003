"""Boxes in frames with arrows: the graphs that show ideas and files are sheets, which differ in nothing but their words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import graphviz

from services.config import ProjectConfig
from services.graphs import box, caption, icons, labels
from services.graphs.box import Box
from services.graphs.graph import Edge, Graph, Group, Node, twin
from services.graphs.style import FONT, LOCKED, OPEN, PLAIN, THEMES, StateStyle, Theme, ThemeName

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """A box with its frame, its facts and the form that changes it. `status` is its state in one word."""

    box: Box
    group: str
    facts: Facts
    section: str = ""
    status: str = ""

    @property
    def node(self) -> Node:
        """The same as a node of the graph; empty facts are left out."""
        shown, facts = self.box, tuple((word, labels.clean(value)) for word, value in self.facts if value)
        return Node(
            shown.key, shown.kind, shown.name, shown.layer, shown.icon, self.status, self.group, facts, self.section
        )  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A frame with its icon; a frame that is a node itself (`band`) has facts and a form too.

    `just` is the side of its heading: r where arrows come in at the left.
    """

    group: Group
    icon: str = ""
    just: str = "l"
    style: StateStyle = PLAIN
    band: Part | None = None


@dataclass(frozen=True)
class Sheet:
    """Everything of a graph but its theme. `rows` are keys that stand side by side, "" keeps a place free.

    `attr` goes to the layout; from left to right (rankdir LR) a row is a column, first key on top.
    """

    kind: str
    name: str
    parts: Sequence[Part]
    frames: Sequence[Frame]
    edges: Sequence[Edge]
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]] = ()
    legend: Sequence[str] = ()
    attr: tuple[tuple[str, str], ...] = ()


def draw(sheet: Sheet, config: ProjectConfig, theme: ThemeName, now: float | None) -> Graph:
    """Make the graph. Equal arguments give an equal source."""
    corner = caption.corner(config, now)
    nodes = (*(f.band.node for f in sheet.frames if f.band), *(part.node for part in sheet.parts))
    groups = tuple(frame.group for frame in sheet.frames)
    columns = sheet.columns
    return Graph(
        _source(sheet, THEMES[theme], corner), sheet.name, theme, nodes, tuple(sheet.edges), groups, columns,
        twin(nodes, columns), corner,
        dict(sheet.attr).get("rankdir", "TB"),
    )  # fmt: skip


def merged(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """One arrow between two nodes, with all its verbs: two on top of each other could not be told apart."""
    found: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        known = found.get((edge.source, edge.target))
        verbs = list(dict.fromkeys([*(known.verb.split(", ") if known else []), edge.verb]))
        found[edge.source, edge.target] = replace(edge, verb=", ".join(verbs))
    return tuple(found.values())


def _source(sheet: Sheet, theme: Theme, corner: str) -> str:
    dot = graphviz.Digraph(sheet.kind)
    legend = caption.legend(theme, [*sheet.legend, corner])
    dot.attr("graph", **box.canvas(theme, FONT, legend, **dict(sheet.attr)))
    dot.attr("node", fontname=FONT, fontcolor=theme.tones["text"], margin="0.07,0.05", shape="box")
    dot.attr("edge", color=theme.tones["line"], penwidth="1.2", arrowsize="0.75", fontname=FONT)
    _inside(dot, sheet, theme, "")
    for edge in sheet.edges:
        ends = (edge.target, edge.source) if _upward(sheet, edge) else (edge.source, edge.target)
        back = {"dir": "back"} if _upward(sheet, edge) else {}
        dot.edge(*ends, id=edge.id, **back, **_arrow(theme, edge))
    return str(dot.source)


def _inside(dot: Any, sheet: Sheet, theme: Theme, parent: str) -> None:
    """Frames in the frame, then its boxes, those of a row side by side."""
    for frame in sheet.frames:
        if frame.group.parent == parent and frame.group.id != parent:
            with dot.subgraph(name=f"cluster_{frame.group.id}") as cluster:
                cluster.attr(**_frame_attr(theme, frame))
                _inside(cluster, sheet, theme, frame.group.id)
    here = {part.box.key: part.box for part in sheet.parts if part.group == parent}
    for number, row in enumerate(sheet.rows):
        if here.keys() & set(row):
            _row(
                dot,
                theme,
                [here.pop(key, None) for key in row if key in here or not key],
                f"{parent}_{number}",
            )
    for shown in here.values():
        box.put(dot, theme, shown)


def _row(dot: Any, theme: Theme, row: Sequence[Box | None], name: str) -> None:
    """Boxes side by side; free places behind them, as wide as a box, keep frames of one width."""
    names = [shown.key if shown else f"free_{name}_{place}" for place, shown in enumerate(row)]
    with dot.subgraph() as level:
        level.attr(rank="same")
        for key, shown in zip(names, row, strict=True):
            if shown:
                box.put(level, theme, shown)
            else:
                level.node(
                    key, label="", width=f"{box.FULL / 72:.2f}", height="0.1", fixedsize="true", style="invis"
                )
        if None in row:
            for before, after in pairwise(names):
                level.edge(before, after, style="invis")


def _upward(sheet: Sheet, edge: Edge) -> bool:
    """Whether both ends stand in one column: the layout would put the first one at the bottom."""
    columns = [set(row) for row in sheet.rows if dict(sheet.attr).get("rankdir") == "LR"]
    return any({edge.source, edge.target} <= column for column in columns)


def _frame_attr(theme: Theme, frame: Frame) -> dict[str, str]:
    group = frame.group
    name = f"node-{group.key}" if group.key else group.id
    return {
        "id": name,
        "label": _heading(theme, frame),
        **box.frame(theme, group.layer, frame.style, frame.just),
    }


def _heading(theme: Theme, frame: Frame) -> str:
    """Icon, what the frame is, and its name; a band looks like a box without lines."""
    group = frame.group
    if frame.band:
        shown = frame.band.box
        head = box.head(theme, shown.icon, shown.kind, shown.name, shown.width)
        note = labels.text(" · ".join(shown.notes), 11, theme.tones["muted"])
        return labels.table([[head, labels.cell(note, 0)]])
    bold = labels.text(group.label, 13, theme.tones["text"], tag="B")
    quiet = labels.text(f"  {group.name}", 11, theme.tones["muted"]) if group.name else ""
    picture = labels.image(theme.name, icons.name(frame.icon), 16) if frame.icon else ""
    return labels.table([[picture, labels.cell(bold + quiet, 0)]])


def _arrow(theme: Theme, edge: Edge) -> dict[str, str]:
    """A lock stands on its arrow, with its word; what only reads is dashed."""
    if edge.lock:
        style = OPEN if edge.lock == "open" else LOCKED
        word = "Open" if edge.lock == "open" else "Locked"
        tone = theme.tones[style.tone]
        picture = labels.image(theme.name, style.sign, 18)
        said = labels.table([[picture, labels.cell(labels.text(word, 11, tone), 42)]])
        return {"label": said, "style": style.line, "penwidth": f"{style.width:g}", "color": tone}
    return (
        {"style": "dashed"} if edge.forward and "run" not in edge.verb and "import" not in edge.verb else {}
    )
