"""A page as a test sees it: Streamlit's own AppTest over the frame, with a real home and a real simulator behind it."""

import json
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import Browser, sync_playwright
from streamlit.testing.v1 import AppTest

from benchmarks.house import fresh_home
from services.runs import projects
from tests.pages import evidence
from tests.pages.browser import ARGUMENTS, Server

REPOSITORY = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture
def rehearsal(home: Path, simulator: dict[str, Any]) -> dict[str, Any]:
    """A home in which pages find the session's simulator."""
    folder = home / "simulator"
    folder.mkdir()
    (folder / "simulator.json").write_text(json.dumps(simulator))
    st.cache_data.clear()
    return simulator


@pytest.fixture
def open_page(rehearsal: dict[str, Any]) -> Open:
    """Open a page of the frame: `open_page("workspace", project_id)`, `open_page("project/run", id, run=...)`.

    Each call is a new tab.
    """

    def opened(name: str = "overview", project: str | None = None, **query: str) -> AppTest:
        page = AppTest.from_file(str(REPOSITORY / "pages" / "frame.py"), default_timeout=30)
        if project:
            page.query_params["project"] = project
        for key, value in query.items():
            page.query_params[key] = value
        if name != "overview":
            page.switch_page(f"{name if '/' in name else f'setup/{name}'}.py")
        return calm(page.run())

    return opened


@pytest.fixture
def project(home: Path) -> Callable[..., str]:
    """Store a project with these choices and give its ID."""

    def stored(**choices: Any) -> str:
        return projects.create({"name": "churn", **choices}, "another tab").id

    return stored


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server at pace 0 for a file; each test has a project of its own."""
    with fresh_home(0) as environment:
        started = Server(environment).start()
        yield started
        started.stop()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for a file."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed browser test tells what its pages and its server said."""
    report = yield
    given = getattr(item, "funcargs", {})
    if report.failed and call.when == "call" and "browser" in given:
        name = re.sub(r"[^\w.-]+", "-", item.name)
        server = given.get("server") or getattr(given.get("house"), "server", None)
        report.sections += evidence.gathered(name, given["browser"], server)
    return report


def calm(page: AppTest) -> AppTest:
    """No page ends in an error of its own."""
    assert not page.exception, [e.value for e in page.exception]
    assert not [e.value for e in page.error if "an error of its own" in e.value], [
        e.value for e in page.error
    ]
    return page


def said(page: AppTest) -> str:
    """Everything that the page says, in order, without its tags."""
    texts = []
    for element in page._tree:  # the tree holds what has no accessor, too
        proto = getattr(element, "proto", None)
        texts += [
            str(getattr(proto, name, "")) for name in ("body", "label", "value") if hasattr(proto, name)
        ]
        if element.type == "page_link":
            texts.append(element.proto.label)
    return "\n".join(texts)


def choices(id: str) -> dict[str, Any]:
    """What the database holds of a project."""
    return dict(projects.get(id).choices)
