"""Files of a graph: whole, self-contained, in four formats, and a clear word where that can't be."""

import io
import itertools
import re
import subprocess
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from services.graphs import azure, icons, layering, png_icons, render
from services.graphs.graph import GraphError
from services.graphs.mermaid import mermaid
from services.graphs.style import DARK, LIGHT, STATES, THEMES, dark_rules
from tests.graphs import cases


@pytest.fixture
def graph():
    return azure.draw(cases.plan(cases.EVERYTHING))


def test_the_svg_stands_alone(graph):
    svg = render.svg(graph)
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == graph.name
    assert root.get("viewBox")
    assert not {"width", "height"} & set(root.attrib)
    assert not re.search(r"href|<script|<image|<style|url\(", svg)
    assert len([g for g in root.iter() if g.get("class") == "icon"]) == 1 + 2 * len(graph.nodes)


def test_the_png_is_a_png_with_the_icons_in_it(graph):
    plain = render._layout(graph.source, "png", f"-Gdpi={render.DPI}")
    picture = Image.open(io.BytesIO(render.png(graph)))
    assert picture.format == "PNG"
    assert picture.size == Image.open(io.BytesIO(plain)).size
    assert render.png(graph) != plain
    reds = picture.convert("RGB").getcolors(1 << 24)
    assert tuple(bytes.fromhex(LIGHT.layers["security"].stroke[1:])) in {colour for _, colour in reds}
    assert png_icons._icon("light/key-vault.png", 48).size == (48, 48)


@pytest.mark.parametrize("suffix", render.FORMATS)
def test_each_format_is_written(graph, tmp_path, suffix):
    path = tmp_path / f"graph{suffix.upper()}"
    render.write(graph, path)
    start = {".svg": b"<svg", ".png": b"\x89PNG", ".dot": b"digraph", ".mmd": b"---"}[suffix]
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_another_suffix_is_refused_with_those_that_exist(graph, tmp_path):
    with pytest.raises(GraphError, match=r"graph\.pdf: a graph is written as \.svg, \.png, \.dot, \.mmd"):
        render.write(graph, tmp_path / "graph.pdf")


def test_a_folder_that_does_not_exist_is_named(graph, tmp_path):
    with pytest.raises(GraphError, match=r"nowhere/graph\.svg could not be written: No such file"):
        render.write(graph, tmp_path / "nowhere" / "graph.svg")


def test_a_disk_that_is_full_leaves_the_old_file(graph, tmp_path, monkeypatch):
    path = tmp_path / "graph.dot"
    path.write_text("old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(GraphError, match="No space left on device"):
        render.write(graph, path)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_a_layout_that_takes_too_long_is_given_up(graph, monkeypatch):
    monkeypatch.setattr(render, "TIMEOUT_S", 0.0001)
    with pytest.raises(GraphError, match="took longer than"):
        render._layout(graph.source, "svg")


def test_a_missing_program_is_told_with_what_to_run(monkeypatch):
    render.program.cache_clear()
    monkeypatch.setattr(render.shutil, "which", lambda *_, **__: None)
    with pytest.raises(GraphError, match=r"pip install -r requirements\.txt"):
        render.program()


def test_a_source_that_is_no_dot_is_told():
    with pytest.raises(GraphError, match="could not lay the graph out"):
        render._layout("digraph {", "svg")


def test_characters_that_the_png_lacks_are_named_and_no_others():
    parsed = cases.plan("name: aé€Ωжשш łőδ… → 漢字 مر 🎉")
    assert set(render.missing_glyphs(azure.draw(parsed))) == set("漢字مر🎉")
    assert render.missing_glyphs(azure.draw(cases.plan(cases.EVERYTHING))) == []


def test_large_graphs_stand_in_bands_with_their_chains_kept():
    blocks = [[f"{kind}{n}" for kind in "abcd"] for n in range(50)]
    order = [key for block in blocks for key in block]
    edges = [pair for block in blocks for pair in itertools.pairwise(block)]
    spans = layering.lengths(order, edges, order)
    assert set(spans.values()) == {1}


def test_large_graphs_have_rows_of_a_bounded_width():
    order = [f"{kind}{n}" for n in range(50) for kind in "abcd"]
    edges = [("a0", f"d{n}") for n in range(50)]
    rows = layering.lengths(order, edges, order)
    assert max(Counter(rows.values()).values()) <= 14


def test_an_unchanged_graph_is_laid_out_once(graph, monkeypatch):
    first = render.svg(graph)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("laid out again"))
    assert render.svg(azure.draw(cases.plan(cases.EVERYTHING))) is first


def test_the_dot_source_names_no_machine_and_can_be_drawn_again(graph):
    assert str(icons.FOLDER) not in render.dot(graph)
    assert render._layout(render.dot(graph), "svg").startswith(b"<?xml")


def test_mermaid_has_the_same_nodes_and_arrows(graph):
    text = mermaid(graph)
    arrows = set(re.findall(r"^  (\w+) --> (\w+)$", text, re.MULTILINE))
    assert arrows == {(e.source, e.target) for e in graph.edges}
    boxes = set(re.findall(r"^ +(\w+)\[", text, re.MULTILINE))
    assert boxes == {node.key for node in graph.nodes} - {"resource_group"}
    assert text.count("subgraph ") == text.count("    end\n") + 1 == 2


def test_every_icon_has_its_copies_in_both_themes():
    names = {path.stem for path in icons.FOLDER.glob("*.svg")} - {"logo"}
    for theme in THEMES:
        assert {path.stem for path in (icons.FOLDER / theme).glob("*.png")} == names
    wanted = {r.look.icon for r in cases.plan(cases.EVERYTHING)} | {style.sign for style in STATES.values()}
    assert wanted <= names


def test_a_type_without_an_icon_gets_a_plain_box():
    assert icons.name("no-such-icon") == "resource"
    plain = [ElementTree.tostring(shape) for shape in icons.shapes("resource")]
    assert [ElementTree.tostring(shape) for shape in icons.shapes("no-such-icon")] == plain


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_and_lines_keep_the_contrast_of_wcag_aa(theme):
    fills = [theme.background, theme.panel, *(paint.fill for paint in theme.layers.values())]
    for fill in fills:
        for tone in ("text", "muted", "good", "care", "bad", "running"):
            assert contrast(theme.tones[tone], fill) >= 4.5, (tone, fill)
    for paint in theme.layers.values():
        assert contrast(paint.stroke, theme.layers["scope"].fill) >= 3, paint
        assert contrast(paint.stroke, paint.fill) >= 3, paint


def test_a_dark_page_repaints_every_colour_of_a_light_drawing(graph):
    painted = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', render.svg(graph)))
    rules = dict(re.findall(r'\[(?:fill)="(#\w+)"\] \{ fill: (#\w+); \}', dark_rules()))
    assert painted <= set(rules)
    assert painted
    assert set(rules.values()) <= set(DARK.colours())
    assert len(set(LIGHT.colours())) == len(LIGHT.colours())  # else one would be repainted as the other


def test_the_dark_drawing_uses_dark_colours_only():
    svg = render.svg(azure.draw(cases.plan(cases.EVERYTHING), theme="dark"))
    painted = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', svg))
    assert painted <= set(DARK.colours())


def test_rows_hold_three_boxes_where_the_arrows_allow_it():
    keys = ["a", "b", "c", "d", "e", "end"]
    edges = [(key, "end") for key in keys[:-1]]
    spans = layering.lengths(keys, edges, keys)
    assert sorted(spans.values()) == [1, 1, 1, 2, 2]


def test_a_chain_keeps_its_order_in_rows():
    keys = ["a", "b", "c", "d", "x", "y", "z", "end"]
    edges = [("a", "b"), ("b", "c"), ("c", "end"), *((key, "end") for key in "dxyz")]
    assert all(span >= 1 for span in layering.lengths(keys, edges, keys).values())
