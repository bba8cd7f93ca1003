"""How long a reader waits for a graph: from a changed field to the new graph in the DOM, beside st.graphviz_chart.

Both draw the same DOT of the same synthetic plan (`benchmarks.synthetic`), from the same server, in turns.
"""

import itertools
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.house import REPOSITORY, free_port, fresh_home
from benchmarks.start import FLAGS
from benchmarks.synthetic import synthetic
from services.graphs import azure, render

SIZES = (10, 30, 100)
LARGE = 200
ROUNDS, CHART_ROUNDS, WARM = 20, 8, 2
AWAKE = [
    "--disable-renderer-backgrounding", "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
]  # fmt: skip
PAGE = """import streamlit as st
from benchmarks.synthetic import synthetic
from pages.components.graph_view import graph_view
from services.graphs import azure

st.set_page_config(layout="wide")
graph = azure.draw(synthetic(int(st.query_params["nodes"]), st.text_input("Name", "first")))
if st.query_params["shown"] == "chart":
    st.graphviz_chart(graph.source)
else:
    graph_view(graph, key="graph", height=640)
"""
# Milliseconds from the Enter key to the frame in which the drawing holds the new name, wherever it is drawn.
WATCH = """name => new Promise(done => {
  const drawing = root => root.querySelector('.stage svg, .stGraphVizChart svg, [data-testid=stGraphVizChart] svg');
  const find = root => drawing(root) ?? [...root.querySelectorAll('*')].filter(e => e.shadowRoot)
    .map(e => find(e.shadowRoot)).find(Boolean);
  let began = 0;
  addEventListener('keydown', e => { if (e.key === 'Enter') began = performance.now(); }, {capture: true, once: true});
  const drawn = () => find(document)?.textContent.includes(name);
  const look = () => drawn() ? done(performance.now() - began) : requestAnimationFrame(look);
  look();
})"""


def measure() -> dict[str, Any]:
    """Milliseconds p50 and p95 at 10, 30 and 100 nodes and how many times faster; 200 nodes ours alone; server times."""
    load = round(os.getloadavg()[0], 1)
    with fresh_home(0) as environment, _server(environment) as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS + AWAKE)
        try:
            figures = {f"{nodes}_nodes": _side_by_side(browser, url, nodes) for nodes in SIZES}
            alone = _changes(browser, url, LARGE, "ours", ROUNDS)
            figures[f"{LARGE}_nodes"] = {"ours_ms": _spread(list(alone))} | server(LARGE)
        finally:
            browser.close()
    return {"load_before": load, **figures}


def server(nodes: int, rounds: int = 15) -> dict[str, Any]:
    """What the server takes to plan and draw the DOT and to lay it out, medians in milliseconds; and the SVG's bytes."""
    drawn, laid, size = [], [], 0
    for turn in range(rounds):
        plan = synthetic(nodes, f"turn{turn}")
        began = time.perf_counter()
        graph = azure.draw(plan)
        between = time.perf_counter()
        size = len(render.svg(graph).encode())
        drawn.append(between - began)
        laid.append(time.perf_counter() - between)
    return {"draw_ms": _ms(median(drawn)), "layout_ms": _ms(median(laid)), "svg_bytes": size}


def _side_by_side(browser: Browser, url: str, nodes: int) -> dict[str, Any]:
    """Ours and the chart in turns, so that both meet the same machine."""
    ours: list[float] = []
    chart: list[float] = []
    turns = zip(
        _changes(browser, url, nodes, "ours", ROUNDS),
        itertools.chain(_changes(browser, url, nodes, "chart", CHART_ROUNDS), itertools.repeat(None)),
        strict=False,
    )
    for one, other in turns:
        ours.append(one)
        chart += [other] if other is not None else []
    faster = {p: round(_spread(chart)[p] / _spread(ours)[p], 1) for p in ("p50", "p95")}
    return {"ours_ms": _spread(ours), "graphviz_chart_ms": _spread(chart), "times_faster": faster} | server(
        nodes
    )


def _changes(browser: Browser, url: str, nodes: int, shown: str, rounds: int) -> Iterator[float]:
    """Change the field so many times and yield how long each took; the first ones are not counted."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/?nodes={nodes}&shown={shown}")
    _await(page, "first", change=False)
    for turn in range(rounds + WARM):
        took = _await(page, f"{shown}{turn}x")
        if turn >= WARM:
            yield took
    page.close()


def _await(page: Page, name: str, *, change: bool = True) -> float:
    """Milliseconds from Enter to the drawing that holds the name; the field is filled before."""
    page.bring_to_front()
    field = page.get_by_label("Name", exact=True)
    field.wait_for(timeout=60_000)
    if change:
        field.fill(name)
        page.wait_for_timeout(150)
    page.evaluate(f"name => {{ window.seen = ({WATCH})(name); }}", name)
    if change:
        field.press("Enter", no_wait_after=True)
    took: float = page.evaluate("() => window.seen")
    return took


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[str]:
    """The page on a free port, until it says its address."""
    port, page = free_port(), Path(environment["GROUNDPLAN_HOME"]) / "graph_page.py"
    page.write_text(PAGE)
    line = [sys.executable, "-m", "streamlit", "run", str(page), "--server.port", str(port)]
    paths = environment | {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(line, cwd=REPOSITORY, env=paths, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        next((said for said in process.stdout if "URL" in said), None)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ranked = sorted(seconds)
    return {
        "p50": round(median(ranked), 1),
        "p95": round(ranked[math.ceil(0.95 * len(ranked)) - 1], 1),
        "n": len(ranked),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
