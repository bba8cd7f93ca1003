"""The same graph as Mermaid text, which repositories and wikis draw by themselves (https://mermaid.js.org/syntax/flowchart.html)."""

import re
from collections.abc import Iterator, Mapping

from services.graphs import labels
from services.graphs.graph import Edge, Graph, Group, Node
from services.graphs.style import THEMES

# Words that mean something at the start of a node's name; `o` and `x` do so at the end of an arrow.
RESERVED = frozenset(
    {"end", "graph", "flowchart", "subgraph", "style", "class", "click", "default", "linkStyle", "o", "x"}
)
# What Mermaid, the HTML in its labels or the Markdown in them would read as theirs (tried with Mermaid itself).
SIGNS = re.compile(r"""["#<>&`\\%*~]|:(?! )|(?<!\w)_|_(?!\w)|^\s*(?:[-+]|\d+[.)])""")
# Read as a line break, a formula or an icon even when written as numbers: a mark without width stands between.
SPLIT = re.compile(r"(?<=\\)(?=n)|(?<=\$)(?=\$)|(?<=:)(?=fa-)", re.IGNORECASE)


def mermaid(graph: Graph) -> str:
    """Write a flowchart: groups, nodes with their type, name, place and state, arrows, and a class for each layer."""
    ids = _ids(graph)
    return "\n".join([
        "---", f"title: {_quoted(graph.corner or graph.name)}", "---", f"flowchart {graph.direction}",
        *(line for group in graph.groups if not group.parent for line in _group(graph, group, ids, "  ")),
        *(_edge(edge, ids) for edge in graph.edges), *_classes(graph, ids), "",
    ])  # fmt: skip


def _ids(graph: Graph) -> Mapping[str, str]:
    """Key of a node, or `frame:` and a group's id -> a name without signs, each once."""
    found: dict[str, str] = {}
    for key in (*(node.key for node in graph.nodes), *(f"frame:{group.id}" for group in graph.groups)):
        plain = re.sub(r"\W+", "_", key.removeprefix("frame:"), flags=re.ASCII).strip("_") or "n"
        plain = f"{plain}_" if plain in RESERVED else plain
        taken = set(found.values())
        choices = (plain if not number else f"{plain}_{number}" for number in range(len(found) + 1))
        found[key] = next(choice for choice in choices if choice not in taken)
    return found


def _group(graph: Graph, group: Group, ids: Mapping[str, str], indent: str) -> Iterator[str]:
    said = "<br/>".join(_text(line) for line in (group.label, group.name) if line)
    name = ids[f"frame:{group.id}"]
    yield f'{indent}subgraph {name}["{said}"]'
    for inner in graph.groups:
        if inner.parent == group.id:
            yield from _group(graph, inner, ids, indent + "  ")
    for node in graph.nodes:
        if node.group == group.id and node.key not in {g.key for g in graph.groups}:
            yield f"{indent}  {ids[node.key]}{_box(node)}"
    yield f"{indent}end"


def _box(node: Node) -> str:
    facts = dict(node.facts)
    where = " · ".join(filter(None, (facts.get("Region"), facts.get("SKU"))))
    lines = [_text(line) for line in (node.label, node.name, where, facts.get("Status", "")) if line]
    left, right = ('[["', '"]]') if facts.get("Choice") == "Existing" else ('["', '"]')
    return f"{left}{'<br/>'.join(lines)}{right}"


def _edge(edge: Edge, ids: Mapping[str, str]) -> str:
    """An arrow; what is locked is dotted and says so, a file's arrow says its verb."""
    said = {"open": "open", "closed": "locked"}.get(edge.lock, edge.verb if edge.forward else "")
    line = "-.->" if edge.lock == "closed" else "-->"
    label = f'|"{_text(said)}"|' if said else ""
    return f"  {ids[edge.source]} {line}{label} {ids[edge.target]}"


def _classes(graph: Graph, ids: Mapping[str, str]) -> Iterator[str]:
    theme = THEMES[graph.theme]
    for layer in dict.fromkeys(node.layer for node in graph.nodes):
        paint, members = theme.layers[layer], [n.key for n in graph.nodes if n.layer == layer]
        inside = [ids[key] for key in members if key not in {g.key for g in graph.groups}]
        if inside:
            yield f"  classDef {layer} fill:{paint.fill},stroke:{paint.stroke},color:{theme.tones['text']}"
            yield f"  class {','.join(inside)} {layer}"


def _text(content: str) -> str:
    """Signs that Mermaid could read as its own by their number, everything else as it is."""
    apart = SPLIT.sub("\u200b", " ".join(labels.clean(content).split()))
    return SIGNS.sub(
        lambda found: "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in found[0]), apart
    )


def _quoted(content: str) -> str:
    """A YAML string between single quotes on one line."""
    return "'" + " ".join(labels.clean(content).split()).replace("'", "''") + "'"
