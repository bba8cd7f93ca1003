"""The life of a project in Chromium: create, history, a change, tear down, receipt; and undo, and somebody else's change."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browser import Server, begin, heading, settled, shot, tab

pytestmark = pytest.mark.browser
CREATED = "Your deployment is complete. 7 of 7 resources are ready."


def created(page: Page, server: Server, name: str) -> str:
    """A project of that name with all its resources; the page shows its run."""
    project = begin(page, server, name)
    page.goto(server.url(f"/summary?project={project}"))
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_text(CREATED).wait_for(timeout=60_000)
    return project


def test_a_project_is_created_looked_up_torn_down_and_accounted_for(server: Server, browser: Browser) -> None:
    """Create -> history -> nothing to change -> tear down -> receipt -> history with both runs."""
    page = tab(browser, color_scheme="light", accept_downloads=True)
    project = created(page, server, "churn")
    page.get_by_role("link", name="Project", exact=True).click()
    heading(page, "History").wait_for()
    assert page.url.endswith(f"project={project}"), "the project stays in the URL"
    shot(page, "project-history")
    page.get_by_role("link", name="Create and change: 7 created").click()
    steps = page.get_by_role("region", name="Steps of this run")
    expect(steps.get_by_role("row")).to_have_count(8)
    page.wait_for_url("**run=run-*")
    shot(page, "project-run")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSON").click()
    assert json.loads(download.value.path().read_text())["state"] == "Succeeded"
    page.goto(server.url(f"/summary?project={project}"))
    expect(page.get_by_role("button", name="Nothing to change")).to_be_disabled()
    shot(page, "project-nothing-to-change")
    page.get_by_role("link", name="Project", exact=True).click()
    page.get_by_role("link", name="Tear down", exact=True).click()
    remove = page.get_by_role("button", name="Remove 7 resources")
    expect(remove).to_be_disabled()
    page.get_by_text("Purge what Azure would keep").click()
    page.get_by_role("textbox", name="Type the project's name").press_sequentially("chur", delay=30)
    settled(page)
    expect(remove).to_be_disabled()
    page.get_by_role("textbox", name="Type the project's name").press_sequentially("n", delay=30)
    expect(remove).to_be_enabled()
    shot(page, "project-tear-down")
    remove.click()
    page.get_by_text("Removing is complete. 7 of 7 resources are removed.").wait_for(timeout=60_000)
    expect(page.get_by_role("region", name="Removed").get_by_role("row")).to_have_count(8)
    expect(page.get_by_text("Nothing stands that Groundplan has created")).to_be_visible()
    expect(page.get_by_role("region", name="Kept for recovery")).to_have_count(0)
    shot(page, "project-receipt")
    page.get_by_role("link", name="History", exact=True).click()
    expect(page.get_by_role("link", name="Remove and purge: 7 removed")).to_be_visible()
    expect(page.get_by_role("link", name="Create and change: 7 created")).to_be_visible()
