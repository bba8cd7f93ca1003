"""The graph on a page in Chromium: it keeps the reader's zoom, and keyboard and mouse reach every node."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import streamlit
from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

from services.graphs import gallery, labels, render
from services.graphs.graph import Group, Node
from services.graphs.mermaid import mermaid
from tests.graphs import cases
from tests.graphs.test_text import NASTY

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURES = REPOSITORY / "build" / "screenshots"
FLAGS = [
    f"--{flag}"
    for flag in (
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    )
]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {"GROUNDPLAN_HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(REPOSITORY / "tests/graphs/page.py"),
        f"--server.port={port}",
    ]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server, home / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_until_up(health: str, server: subprocess.Popen, log: Path) -> None:
    """Ask until the server answers; urllib retries nothing by itself, and each try ends at once while the port is closed."""
    while server.poll() is None:
        try:
            urllib.request.urlopen(health, timeout=5).close()
            return
        except OSError:
            continue
    pytest.fail(f"the page did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, url):
    """Open the page in a window of that width and theme; any script error fails the test."""
    errors: list[str] = []
    contexts = []

    def open_page(query: str = "", width: int = 1280, theme: str = "light", touch: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            has_touch=touch,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/?{query}")
        expect(page.locator(".stage svg").first).to_be_attached(timeout=30_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def node(page: Page, key: str) -> Locator:
    return page.locator(f"#node-{key}")


def transform(page: Page) -> str:
    return page.locator(".stage svg").evaluate("svg => svg.style.transform")


def next_step(page: Page, number: int) -> None:
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text(f"step {number}, heard")).to_be_visible()


def focused(page: Page) -> str | None:
    return page.locator(".stage").evaluate("stage => stage.getRootNode().activeElement?.dataset.key ?? null")


def test_enter_on_a_node_gives_its_key(open_page):
    page = open_page()
    node(page, "key_vault").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("step 0, heard: key_vault.")).to_be_visible()


def test_a_click_gives_the_key_once(open_page):
    page = open_page()
    node(page, "workspace").click()
    expect(page.get_by_text("step 0, heard: workspace.")).to_be_visible()
    next_step(page, 1)
    expect(page.get_by_text("step 1, heard: workspace.")).to_be_visible()


def test_the_frame_s_heading_leads_to_the_resource_group_and_its_ground_to_nothing(open_page):
    page = open_page()
    node(page, "resource_group").locator("text").first.click()
    expect(page.get_by_text("heard: resource_group.")).to_be_visible()
    page.locator(".stage").click(position={"x": 3, "y": 3})
    box = node(page, "resource_group").bounding_box()
    page.mouse.click(box["x"] + 8, box["y"] + box["height"] - 8)
    next_step(page, 1)
    expect(page.get_by_text("step 1, heard: resource_group.")).to_be_visible()


def test_zoom_and_place_stay_over_updates_of_states_and_of_the_plan(open_page):
    page = open_page()
    page.get_by_role("button", name="Zoom in").click()
    box = page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] - 45, steps=4)
    page.mouse.up()
    before = transform(page)
    assert "scale(1)" not in before
    next_step(page, 1)
    expect(node(page, "key_vault")).to_contain_text("Creating 12 s of 20 s")
    assert transform(page) == before
    next_step(page, 2)
    next_step(page, 3)
    expect(node(page, "sql_server")).to_be_attached()
    assert transform(page) == before


def test_a_drag_activates_nothing(open_page):
    page = open_page()
    box = node(page, "workspace").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    page.mouse.up()
    next_step(page, 1)  # what the drag had sent would have come before this
    expect(page.get_by_text("step 1, heard: nothing.")).to_be_visible()


def test_an_update_of_states_keeps_the_very_elements_and_the_focus(open_page):
    page = open_page()
    node(page, "key_vault").focus()
    kept = node(page, "key_vault").element_handle()
    page.get_by_role("button", name="Next").evaluate("button => button.click()")
    expect(node(page, "key_vault")).to_contain_text("Creating")
    assert kept.evaluate("element => element.isConnected")
    assert focused(page) == "key_vault"


def test_arrow_keys_walk_along_the_edges(open_page):
    page = open_page()
    node(page, "log_analytics").focus()
    for key, there in (
        ("ArrowDown", "application_insights"),
        ("ArrowDown", "workspace"),
        ("ArrowDown", "role_assignment_storage"),
        ("ArrowUp", "workspace"),
    ):
        page.keyboard.press(key)
        assert focused(page) == there
    page.keyboard.press("Home")
    assert focused(page) == "resource_group"


def test_every_node_can_be_reached_by_arrow_keys_alone(open_page):
    page = open_page("case=everything")
    keys = page.locator(".stage [data-key]").evaluate_all("all => all.map(n => n.dataset.key)")
    reached, ways = {keys[0]}, [keys[0]]
    while ways:
        start = ways.pop()
        for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
            node(page, start).evaluate("n => n.focus()")
            page.keyboard.press(key)
            if focused(page) not in reached:
                reached.add(focused(page))
                ways.append(focused(page))
    assert reached == set(keys)


def test_the_graph_is_one_tab_stop_that_remembers_its_place(open_page):
    page = open_page()
    node(page, "workspace").focus()
    page.keyboard.press("ArrowUp")
    there = focused(page)
    page.keyboard.press("Shift+Tab")
    assert focused(page) is None or focused(page) != there
    page.keyboard.press("Tab")
    assert focused(page) == there


def test_hover_and_focus_show_the_facts(open_page):
    page = open_page()
    name = cases.plan(cases.DEFAULT)["storage_account"].name
    node(page, "storage_account").hover()
    expect(page.locator(".card")).to_contain_text(name)
    node(page, "workspace").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".card")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".card")).to_be_hidden()


@pytest.mark.parametrize("width", [920, 1280])
def test_the_card_does_not_cover_its_own_node(open_page, width):
    page = open_page("case=everything", width=width)
    for key in ("storage_account", "application_insights", "key_vault", "role_assignment_storage"):
        node(page, key).hover()
        box, card = node(page, key).bounding_box(), page.locator(".card").bounding_box()
        apart_x = card["x"] >= box["x"] + box["width"] or card["x"] + card["width"] <= box["x"]
        apart_y = card["y"] >= box["y"] + box["height"] or card["y"] + card["height"] <= box["y"]
        assert apart_x or apart_y, key


def test_nodes_are_buttons_whose_names_say_the_facts(open_page):
    page = open_page()
    name = cases.plan(cases.DEFAULT)["key_vault"].name
    button = page.get_by_role("button", name=f"Resource: Key vault, Name: {name}, Region: westeurope")
    expect(button).to_have_count(1)


def test_the_table_says_the_same_in_words(open_page):
    page = open_page()
    page.get_by_role("button", name="Show as table").click()
    plan = cases.plan(cases.DEFAULT)
    assert page.get_by_role("rowheader").count() == len(plan.resources)
    expect(page.get_by_role("cell", name=plan["key_vault"].name, exact=True)).to_be_visible()
    expect(page.locator(".stage")).to_be_hidden()


def test_the_page_s_dark_theme_repaints_the_drawing(open_page):
    background = "stage => getComputedStyle(stage.querySelector('#node-key_vault > polygon')).fill"
    light = open_page().locator(".stage").evaluate(background)
    dark = open_page(theme="dark").locator(".stage").evaluate(background)
    assert (light, dark) == ("rgb(247, 224, 230)", "rgb(74, 37, 48)")


def test_on_a_narrow_screen_it_is_a_strip_that_opens(open_page):
    page = open_page(width=390, touch=True)
    expect(page.locator(".stage")).to_be_hidden()
    page.get_by_text("Azure graph of churn: 7 resources, 7 planned").first.tap()
    expect(page.locator(".stage")).to_be_visible()
    assert page.locator(".stage").bounding_box()["height"] <= 900 * 0.45 + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_ctrl_and_wheel_zoom_at_the_pointer_and_the_wheel_alone_does_not(open_page):
    page = open_page()
    before = transform(page)
    node(page, "workspace").hover()
    page.mouse.wheel(0, 120)
    assert transform(page) == before
    place = node(page, "workspace").bounding_box()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    expect(page.locator(".stage svg")).not_to_have_attribute("style", before)
    after = node(page, "workspace").bounding_box()
    assert after["width"] > place["width"] * 1.2
    assert after["x"] + after["width"] / 2 == pytest.approx(place["x"] + place["width"] / 2, abs=2)


def test_a_node_s_details_open_beside_it_and_escape_leads_back(open_page):
    page = open_page("actions=1")
    node(page, "key_vault").focus()
    page.keyboard.press("Enter")
    pane = page.get_by_role(
        "region", name=f"Details: Key vault: {cases.plan(cases.DEFAULT)['key_vault'].name}"
    )
    expect(pane).to_contain_text("Microsoft.KeyVault/vaults")
    box, side = node(page, "key_vault").bounding_box(), pane.bounding_box()
    assert box["x"] + box["width"] <= side["x"]
    page.keyboard.press("Escape")
    expect(pane).to_be_hidden()
    assert focused(page) == "key_vault"


def test_details_follow_a_run_and_their_button_gives_the_key(open_page):
    page = open_page("actions=1")
    node(page, "key_vault").click()
    page.get_by_role("button", name="Next").evaluate("button => button.click()")
    expect(page.locator(".pane")).to_contain_text("Creating 12 s of 20 s")
    expect(page.get_by_text("step 1, heard: nothing.")).to_be_visible()
    page.get_by_role("button", name="Change: Workspace").click()
    expect(page.get_by_text("step 1, heard: key_vault.")).to_be_visible()


def test_two_fingers_zoom(open_page):
    page = open_page(touch=True)
    before = node(page, "workspace").bounding_box()
    box = page.locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    wire = page.context.new_cdp_session(page)
    for kind, gap in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80), ("touchEnd", 0)):
        points = [{"x": x + side * gap, "y": y, "id": side + 1} for side in (-1, 1)] if gap else []
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    after = node(page, "workspace").bounding_box()
    assert after["width"] == pytest.approx(before["width"] * 2, rel=0.05)
    expect(page.get_by_text("step 0, heard: nothing.")).to_be_visible()


@pytest.fixture(scope="module")
def four(browser, url):
    """A page with all four graphs of the case with everything on."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{url}/?all=1&case=everything")
    expect(page.locator(".stage svg")).to_have_count(4, timeout=30_000)
    yield page
    context.close()


@pytest.mark.parametrize("which", gallery.GRAPHS)
@pytest.mark.parametrize(
    ("button", "suffix"), [("SVG", "svg"), ("PNG", "png"), ("DOT", "dot"), ("Mermaid", "mmd")]
)
def test_files_are_downloaded_whole(four, tmp_path, which, button, suffix):
    with four.expect_download() as waiting:
        four.locator(f".st-key-show_{which}").get_by_role("button", name=button, exact=True).click()
    path = tmp_path / f"graph.{suffix}"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename == f"churn-{which}.{suffix}"
    graph = gallery.draw(which, cases.plan(cases.EVERYTHING), now=cases.START)
    if suffix == "png":
        picture = Image.open(path).convert("RGB")
        _, _, width, height = map(float, ElementTree.fromstring(render.svg(graph)).get("viewBox").split())
        assert picture.size == pytest.approx((width * 2, height * 2), abs=2)
        assert len(picture.getcolors(1 << 24)) > 20
    elif suffix == "svg":
        root = ElementTree.fromstring(path.read_text())
        assert "".join(root.itertext()) == "".join(ElementTree.fromstring(render.svg(graph)).itertext())
        assert root.get("width")
    else:
        assert path.read_text() == {"dot": graph.source, "mmd": mermaid(graph)}[suffix]


def test_mermaid_itself_reads_every_graph_and_every_name(browser, url):
    module = next(Path(streamlit.__file__).parent.glob("static/static/js/mermaid.core.*.js")).name
    page = browser.new_page()
    page.goto(f"{url}/_stcore/health")
    draw = """async ([module, text]) => {
        const mermaid = (await import(`/static/js/${module}`)).default;
        mermaid.initialize({startOnLoad: false});
        const holder = document.createElement('div');
        holder.innerHTML = (await mermaid.render('drawn', text)).svg;
        document.body.append(holder);
        const labels = [...holder.querySelectorAll('.nodeLabel')].map(label => label.innerText);
        holder.remove();
        return labels;
    }"""
    for which in gallery.GRAPHS:
        graph = gallery.draw(which, cases.plan(cases.EVERYTHING))
        said = " ".join(page.evaluate(draw, [module, mermaid(graph)]))
        assert [node.name for node in graph.nodes if node.name not in said] == []
    names = [*NASTY, *FOR_MERMAID]
    group = Group("all", "Frame", FOR_MERMAID[0])
    nodes = tuple(Node(f"n{i}", "Thing", name, "data", "", group="all") for i, name in enumerate(names))
    lines = page.evaluate(draw, [module, mermaid(replace(graph, nodes=nodes, edges=(), groups=(group,)))])
    read = [_plain(line).removeprefix("Thing") for line in lines if line.startswith("Thing")]
    assert sorted(read) == sorted(_plain(labels.clean(name)) for name in names)
    page.close()


FOR_MERMAID = (
    "1. one", "- a", "* b", "style:#x;y", "classDef a:#b;", "%%{init: {}}%%", "$$x$$", "_under_ **bold**", "`code`", "a@{b}",
    "x|y|z", "a_b-c.d", "end", "{{x}}", "a~b^c", "# h", "fa:fa-car", "&nbsp; &#65;", "+ c", "---",
)  # fmt: skip


def _plain(text: str) -> str:
    """Without spaces, which Mermaid may break lines at, and without marks of no width."""
    return "".join(c for c in text if not c.isspace() and c not in "\u200b\ufeff")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("case", cases.ALL)
def test_no_text_leaves_its_box_and_what_is_shown_is_what_was_drawn(open_page, case, theme):
    page = open_page(f"all=1&case={case}", theme=theme)
    expect(page.locator(".stage svg")).to_have_count(4)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for which in gallery.GRAPHS:
        shown = page.locator(f".st-key-show_{which}")
        shown.locator(".frame").screenshot(path=PICTURES / f"graph-{which}-{case}-{theme}.png")
        graph = gallery.draw(which, cases.plan(cases.ALL[case]))
        drawn = shown.locator(".stage")
        keys = drawn.evaluate("s => [...s.querySelectorAll('[data-key]')].map(n => n.dataset.key)")
        arrows = drawn.evaluate(
            "s => [...s.querySelectorAll('.edge[id]')].map(e => e.dataset.source + ' ' + e.dataset.target)"
        )
        assert sorted(keys) == sorted(node.key for node in graph.nodes)
        assert {a for a in arrows if "undefined" not in a} == {f"{e.source} {e.target}" for e in graph.edges}
        assert drawn.evaluate(OUTSIDE) == [], which


OUTSIDE = """stage => [...stage.querySelectorAll('.node[data-key]')].flatMap(node => {
    const box = node.querySelector('polygon').getBoundingClientRect();
    return [...node.querySelectorAll('text')].filter(t => t.getBoundingClientRect().right > box.right + 0.5)
        .map(t => t.textContent);
})"""
