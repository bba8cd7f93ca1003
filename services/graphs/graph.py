"""The noun of this room: a finished drawing as data, before any format is made of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.graphs.style import ThemeName


class GraphError(RuntimeError):
    """A graph that could not be drawn or written; the message says why and what to do."""


@dataclass(frozen=True)
class Node:
    """One thing on the graph. `facts` are (word, value) pairs, whole and uncut: title and table are made of them.

    `section` is the key of `project.yaml` that it comes from: the form that changes it.
    """

    key: str
    label: str
    name: str
    layer: str
    icon: str
    status: str = ""
    group: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    section: str = ""

    @property
    def title(self) -> str:
        """Every fact as lines of text."""
        return "\n".join(f"{word}: {value}" for word, value in self.facts)


@dataclass(frozen=True)
class Edge:
    """An arrow. `verb` says what the target does with the source ("needs"), or the source with the target if `forward`."""

    source: str
    target: str
    verb: str = "needs"
    forward: bool = False
    lock: str = ""

    @property
    def id(self) -> str:
        """How the arrow is called in the drawing."""
        return f"edge-{self.source}-{self.target}"


@dataclass(frozen=True)
class Group:
    """A frame round nodes, such as a resource group; `key` leads to a node where the frame is one itself."""

    id: str
    label: str
    name: str
    parent: str = ""
    key: str = ""
    layer: str = "scope"


@dataclass(frozen=True)
class Graph:
    """A drawing: DOT source, what stands in it, its name for those who can't see it, and the same as a table."""

    source: str
    name: str
    theme: ThemeName
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    corner: str = ""
    direction: str = "TB"

    def __getitem__(self, key: str) -> Node:
        return next(node for node in self.nodes if node.key == key)

    def __contains__(self, key: object) -> bool:
        return any(node.key == key for node in self.nodes)

    @property
    def table(self) -> list[dict[str, str]]:
        """The text twin: a row for each node, by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def neighbours(self) -> Mapping[str, list[str]]:
        """Key -> keys at the other end of its arrows, either way."""
        found: dict[str, list[str]] = {node.key: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.source].append(edge.target)
            found[edge.target].append(edge.source)
        return found


def twin(nodes: tuple[Node, ...], columns: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Rows that say in words what the picture shows: the first column is the node's type, the others are facts."""
    rows = [dict(node.facts) | {columns[0]: node.label} for node in nodes]
    return tuple(tuple(row.get(column, "") for column in columns) for row in rows)
