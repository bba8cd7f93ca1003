"""What Graphviz's SVG still lacks: our icons, ids and facts on nodes, a name for screen readers, a size that follows."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import cast
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from services.graphs import icons, labels
from services.graphs.graph import Graph, Node
from services.graphs.style import FONT, FONTS, THEMES, ThemeName

SVG = "http://www.w3.org/2000/svg"
HREF = "{http://www.w3.org/1999/xlink}href"
ElementTree.register_namespace("", SVG)


def dress(raw: bytes, graph: Graph) -> str:
    """Turn Graphviz's SVG into ours; whatever stands in names stays text, because a parser wrote it."""
    root = ElementTree.fromstring(raw)
    _open(root, graph)
    _name_nodes(root, graph)
    _name_edges(root, graph)
    for parent in list(root.iter()):
        for place, child in enumerate(list(parent)):
            if child.tag == f"{{{SVG}}}image":
                parent[place] = _icon(child)
    for piece in root.iter(f"{{{SVG}}}text"):
        if piece.get("font-family") == FONT:
            piece.attrib.pop("font-family")
    return ElementTree.tostring(root, encoding="unicode")


def images(raw: bytes) -> list[tuple[str, float, float, float]]:
    """Every icon in Graphviz's SVG: its file, left and top in points from the picture's corner, and its size."""
    root = ElementTree.fromstring(raw)
    moved = str(next(iter(root)).get("transform")).partition("translate(")[2].rstrip(")").split()
    left, top = float(moved[0]), float(moved[1])
    return [
        (i.get(HREF, ""), float(i.get("x", "0")) + left, float(i.get("y", "0")) + top, _points(i))
        for i in root.iter(f"{{{SVG}}}image")
    ]


def _open(root: Element, graph: Graph) -> None:
    """A viewBox in place of a size, and a name."""
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-label": labels.clean(graph.name), "font-family": FONTS}
    title = next(iter(root)).find(f"{{{SVG}}}title")
    if title is not None:
        title.text = labels.clean(graph.name)


def _name_nodes(root: Element, graph: Graph) -> None:
    nodes = {f"node-{node.key}": node for node in graph.nodes}
    frames = {group.id: f"{group.label} {group.name}" for group in graph.groups}
    for part in _parts(root, "node", "cluster"):
        node = nodes.get(part.get("id", ""))
        _retitle(part, node.title if node else frames.get(part.get("id", ""), ""))
        if node:
            _mark(part, node)


def _mark(part: Element, node: Node) -> None:
    part.set("data-key", node.key)
    part.set("data-status", node.status)


def _name_edges(root: Element, graph: Graph) -> None:
    edges = {edge.id: edge for edge in graph.edges}
    names = {node.key: f"{node.label} {node.name}".strip() for node in graph.nodes}
    for part in _parts(root, "edge"):
        edge = edges.get(part.get("id", ""))
        if edge:
            part.attrib |= {"data-source": edge.source, "data-target": edge.target}
            ends = names[edge.source], names[edge.target]
            _retitle(part, f" {edge.verb} ".join(ends if edge.forward else reversed(ends)))


def _retitle(part: Element, text: str) -> None:
    """Graphviz's title is the DOT name; ours says the facts, or nothing."""
    title = part.find(f"{{{SVG}}}title")
    if title is None:
        return
    title.text = labels.clean(text)
    if not text:
        part.remove(title)


def _parts(root: Element, *kinds: str) -> Iterator[Element]:
    return (g for g in root.iter(f"{{{SVG}}}g") if set(g.get("class", "").split()) & set(kinds))


def _icon(image: Element) -> Element:
    """The lines of an icon in place of the link to its file, in the colour of the theme."""
    path = PurePosixPath(image.get(HREF, ""))
    colour = THEMES[cast(ThemeName, path.parent.name)].icon_colour(path.stem)
    scale = _points(image) / 24
    drawn = Element(f"{{{SVG}}}g", {
        "class": "icon", "transform": f"translate({image.get('x')} {image.get('y')}) scale({scale:.4g})", "fill": "none",
        "stroke": colour, "stroke-width": "1.5", "stroke-linecap": "round", "stroke-linejoin": "round",
    })  # fmt: skip
    drawn.extend(icons.shapes(path.stem))  # the same elements again and again: they are only written
    return drawn


def _points(image: Element) -> float:
    return float(image.get("width", "24").removesuffix("px"))
