"""The same graph as Mermaid text, which repositories and wikis draw by themselves (https://mermaid.js.org/syntax/flowchart.html)."""

from collections.abc import Iterator

from services.graphs import labels
from services.graphs.graph import Graph, Group, Node
from services.graphs.style import THEMES


def mermaid(graph: Graph) -> str:
    """Write a flowchart: groups, nodes with their type, name, place and state, arrows, and a class for each layer."""
    return "\n".join([
        "---", f"title: {_quoted(graph.corner or graph.name)}", "---", "flowchart TB",
        *(line for group in graph.groups if not group.parent for line in _group(graph, group, "  ")),
        *(f"  {edge.source} --> {edge.target}" for edge in graph.edges),
        *_classes(graph), "",
    ])  # fmt: skip


def _group(graph: Graph, group: Group, indent: str) -> Iterator[str]:
    yield f'{indent}subgraph {group.id}["{_text(group.label)}<br/>{_text(group.name)}"]'
    for inner in graph.groups:
        if inner.parent == group.id:
            yield from _group(graph, inner, indent + "  ")
    for node in graph.nodes:
        if node.group == group.id and node.key != group.key:
            yield f"{indent}  {node.key}{_box(node)}"
    yield f"{indent}end"


def _box(node: Node) -> str:
    facts = dict(node.facts)
    where = " · ".join(filter(None, (facts.get("Region"), facts.get("SKU"))))
    lines = [_text(line) for line in (node.label, node.name, where, facts.get("Status", "")) if line]
    left, right = ('[["', '"]]') if facts.get("Choice") == "Existing" else ('["', '"]')
    return f"{left}{'<br/>'.join(lines)}{right}"


def _classes(graph: Graph) -> Iterator[str]:
    theme = THEMES[graph.theme]
    for layer in dict.fromkeys(node.layer for node in graph.nodes):
        paint, members = theme.layers[layer], [n.key for n in graph.nodes if n.layer == layer]
        inside = [key for key in members if key not in {g.key for g in graph.groups}]
        if inside:
            yield f"  classDef {layer} fill:{paint.fill},stroke:{paint.stroke},color:{theme.tones['text']}"
            yield f"  class {','.join(inside)} {layer}"


def _text(content: str) -> str:
    """Letters, digits and harmless signs as they are, everything that Mermaid or HTML could read as theirs by its number."""
    return "".join(
        c if c.isalnum() or c in " .,:·()/…" or ord(c) > 0x7F else f"#{ord(c)};"
        for c in labels.clean(content)
    )


def _quoted(content: str) -> str:
    """A YAML string between single quotes on one line."""
    return "'" + " ".join(labels.clean(content).split()).replace("'", "''") + "'"
