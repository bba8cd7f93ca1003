"""Names are text, whatever they hold: never markup, never a DOT escape, cut in the picture and whole beside it."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.graphs import azure, gallery, labels, render
from services.graphs.graph import Graph
from services.graphs.mermaid import mermaid
from services.parsing import parse
from services.plan import build_plan
from tests.graphs import cases

SVG = "{http://www.w3.org/2000/svg}"
NASTY = [
    r"\N", r"\l\G\E\T", "a\\", '"quoted"', "</script><script>alert(1)</script>", "<b>&amp;&#60;</b>", "a -> b; {c}", "a--b",
    "שלום עולם", "مرحبا", "漢字の名前", "🎉👩‍👩‍👧", "e\u0301a\u0308",
    "a  b   c", "--> ]]> <![CDATA[", "%s %d {x}", "#quot;", "'; DROP",
    "x" * 64, "\u202eevil", "lone \ud800 and \ufffe",
]  # fmt: skip


def titles(svg: str) -> dict[str, str]:
    """Key -> title of the node."""
    root = ElementTree.fromstring(svg)
    return {
        g.get("data-key", ""): g.findtext(f"{SVG}title") or ""
        for g in root.iter(f"{SVG}g")
        if g.get("data-key")
    }


def comes_back(project: str, insights: str) -> None:
    """Draw a project of that name with an Application Insights of that name, and read both from the SVG."""
    parsed = parse({"name": project, "application_insights": {"name": insights}})
    if parsed.problems:
        return
    graph = azure.draw(build_plan(parsed.config))
    svg = render.svg(graph)
    name = labels.clean(parsed.config.sections["application_insights"].name)
    assert f"Name: {name}\n" in titles(svg)["application_insights"]
    root = ElementTree.fromstring(svg)
    assert labels.clean(parsed.config.name) in root.get("aria-label")
    box = next(g for g in root.iter(f"{SVG}g") if g.get("data-key") == "application_insights")
    shown = [(text.text or "").replace("\xa0", " ") for text in box.findall(f"{SVG}text")]
    cut = labels.fit(name, 146, 13, bold=True).replace("\xa0", " ")
    assert cut in shown
    assert not [e for e in root.iter() if not e.tag.startswith(SVG) or e.tag in (f"{SVG}script", f"{SVG}a")]


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_comes_back_from_the_svg_as_text(name):
    comes_back(name, "appi-churn")
    comes_back("churn", name)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=64), st.text(min_size=1, max_size=90))
def test_every_name_that_the_configuration_accepts_comes_back_from_the_svg_as_text(project, insights):
    comes_back(project, insights)


def four(text: str) -> dict[str, Graph]:
    """All four graphs of a project in which everything that can have a name has this one."""
    sql = {"mode": "existing", "server": text, "database": text}
    production = {"endpoint": text, "deployment": text}
    parsed = parse({"name": text, "sql": sql, "production": production, "data_sources": ["sql"]})
    plan = build_plan(parsed.config)
    return {which: gallery.draw(which, plan) for which in gallery.GRAPHS}


PLAIN = {which: mermaid(graph).count("\n") for which, graph in four("churn").items()}


def all_four_come_back(text: str) -> None:
    """Every name is read back from the title of its node and, as far as it fits, from its box; nothing else appears."""
    for which, graph in four(text).items():
        root = ElementTree.fromstring(render.svg(graph))
        found = {g.get("data-key", ""): g for g in root.iter(f"{SVG}g") if g.get("data-key")}
        assert set(found) == {node.key for node in graph.nodes}
        for node in graph.nodes:
            assert found[node.key].findtext(f"{SVG}title") == labels.clean(node.title)
            shown = "".join(t.text or "" for t in found[node.key].iter(f"{SVG}text")).replace("\xa0", " ")
            cut = labels.fit(node.name, 80, 13, bold=True).replace("\xa0", " ")
            assert cut.partition(labels.ELLIPSIS)[0] in shown
        assert not [
            e for e in root.iter() if not e.tag.startswith(SVG) or e.tag in (f"{SVG}script", f"{SVG}a")
        ]
        assert mermaid(graph).count("\n") == PLAIN[which]


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_is_text_in_all_four_graphs(name):
    all_four_come_back(name)


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=90))
def test_any_name_is_text_in_all_four_graphs(name):
    all_four_come_back(name)


@given(st.text(max_size=300), st.floats(60, 300), st.integers(1, 4))
def test_a_wrapped_sentence_keeps_its_words_in_order(text, points, lines):
    wrapped = labels.wrap(text, points, 11, lines)
    assert len(wrapped) <= lines
    joined = " ".join(wrapped).replace(labels.ELLIPSIS, "")
    assert labels.clean(" ".join(text.split())).startswith(joined.rstrip(" ,.;:"))


@given(st.text(max_size=200), st.floats(20, 400), st.booleans())
def test_a_cut_text_keeps_its_start_and_end_and_is_xml(text, points, bold):
    cut = labels.fit(text, points, 13, bold=bold)
    if cut != labels.line(text):
        head, _, tail = cut.partition(labels.ELLIPSIS)
        assert labels.line(text).startswith(head)
        assert labels.line(text).endswith(tail)
        assert len(cut) <= len(text)
    ElementTree.fromstring(f"<a>{labels.text(cut, 10, 'x')}</a>")


def test_a_name_of_ninety_characters_is_cut_in_the_middle_and_whole_in_the_facts():
    name = "rg-" + "n" * 80 + "-end-90"
    parsed = parse({"name": "churn", "resource_group": {"name": name}})
    graph = azure.draw(build_plan(parsed.config))
    assert f"Name: {name}\n" in titles(render.svg(graph))["resource_group"]
    root = ElementTree.fromstring(render.svg(graph))
    frame = next(g for g in root.iter(f"{SVG}g") if g.get("data-key") == "resource_group")
    shown = [text.text for text in frame.findall(f"{SVG}text")]
    assert any(text.startswith("rg-n") and text.endswith("-end-90") and "…" in text for text in shown)


def test_mermaid_gets_no_sign_that_it_could_read_as_its_own():
    parsed = parse({"name": 'x"]; click', "application_insights": {"name": 'a"]--)b;c[$("'}})
    assert not parsed.problems
    lines = mermaid(azure.draw(build_plan(parsed.config))).splitlines()
    box = next(line for line in lines if "application_insights[" in line)
    assert "a#34;]--)b;c[$(#34;" in box


def test_mermaid_writes_ordinary_names_as_they_are():
    text = mermaid(azure.draw(cases.plan("name: churn\nworkspace: {name: mlw_churn-1}")))
    assert "mlw_churn-1" in text
    assert "#" not in re.sub(r":#[0-9a-f]{6}", "", text)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 s"),
        (0.44, "0.4 s"),
        (2, "2 s"),
        (23.4, "23 s"),
        (119, "119 s"),
        (185, "3 min 5 s"),
        (240, "4 min"),
    ],
)
def test_durations_read_well(value, said):
    assert labels.seconds(value) == said


def test_sentences_are_cut_after_a_word():
    assert labels.start("The name is taken by somebody else", 110, 11) == "The name is taken…"
