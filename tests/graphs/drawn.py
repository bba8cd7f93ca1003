"""Reading a drawing back: what stands in the SVG."""

from xml.etree import ElementTree

from services.graphs import render
from services.graphs.graph import Graph

SVG = "{http://www.w3.org/2000/svg}"


def parts(graph: Graph, kind: str) -> dict[str, ElementTree.Element]:
    """Groups of a class in the SVG, by id."""
    root = ElementTree.fromstring(render.svg(graph))
    found = [g for g in root.iter(f"{SVG}g") if kind in g.get("class", "").split()]
    return {g.get("id", ""): g for g in found}


def words(part: ElementTree.Element) -> list[str]:
    """Its texts, line by line."""
    return [text.text or "" for text in part.findall(f"{SVG}text")]


def outline(part: ElementTree.Element) -> ElementTree.Element:
    """The first line of a box: what its state looks like."""
    return next(child for child in part if child.tag in (f"{SVG}polygon", f"{SVG}path"))
