"""The whole walk in Chromium, two tabs, a lost server, and the keyboard alone."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browser import Server, begin, either, heading, settled, shot, tab

pytestmark = pytest.mark.browser
STEPS = ["Workspace details", "Container registry", "Project options", "Review + create"]


def workspace_name(page: Page, server: Server, project: str) -> "Page":
    """Open step 2 of a project and wait for its first field."""
    page.goto(server.url(f"/workspace?project={project}"))
    page.get_by_role("textbox", name="Workspace name").wait_for()
    settled(page)
    return page


def test_a_newcomer_walks_from_a_name_to_the_complete_page(server: Server, browser: Browser) -> None:
    """Name, five steps with their defaults, Create, every resource comes up, and the last page lists them."""
    page = tab(browser, color_scheme="light")
    page.goto(server.url())
    page.get_by_role("button", name="Start").wait_for()
    shot(page, "0-overview")
    project = begin(page, server, "churn")
    shot(page, "1-resource-group")
    for number, title in enumerate(STEPS, 2):
        page.locator(".st-key-next a").click()
        heading(page, title).wait_for()
        shot(page, f"{number}-{title.split()[0].lower()}")
        assert page.url.endswith(f"project={project}"), "the project stays in the URL"
    expect(page.get_by_text("Validation passed")).to_be_visible()
    page.get_by_role("button", name="Create", exact=True).click()
    heading(page, "Provisioning").wait_for()
    page.get_by_text("Your deployment is complete. 7 of 7 resources are ready.").wait_for(timeout=60_000)
    shot(page, "6-provisioning")
    page.locator(".st-key-next a").click()
    heading(page, "Overview of the deployment").wait_for()
    table = page.get_by_role("region", name="Deployment details")
    expect(table.get_by_role("row")).to_have_count(8)
    expect(table.get_by_text("Succeeded")).to_have_count(7)
    shot(page, "7-complete")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download config.json").click()
    assert json.loads(download.value.path().read_text())["workspace_name"] == "mlw-churn"


def test_names_choices_and_the_graph_follow_while_typing(server: Server, browser: Browser) -> None:
    """No Enter, no leaving the field: the verdict, the suggestion and the graph are there at once."""
    page = tab(browser)
    project = begin(page, server, "live")
    page.get_by_role("textbox", name="Project name").press("End")
    page.get_by_role("textbox", name="Project name").press_sequentially("ly", delay=40)
    expect(page.get_by_role("combobox", name="Resource group")).to_have_value("(new) rg-lively")
    expect(page.locator(".node text", has_text="mlw-lively").first).to_be_visible()
    name = workspace_name(page, server, project).get_by_role("textbox", name="Workspace name")
    name.fill("")
    name.press_sequentially("my space!", delay=40)
    expect(page.get_by_text("Not allowed here: space, !")).to_be_visible()
    page.get_by_role("button", name="Use my-space").click()
    expect(name).to_have_value("my-space")
    expect(page.locator(".node text", has_text="my-space").first).to_be_visible()


def test_the_second_of_two_tabs_is_told(server: Server, browser: Browser) -> None:
    """Both edit one field at once: the second is asked, nothing is overwritten, its own words are kept."""
    first, second = tab(browser), tab(browser)
    project = begin(first, server, "tabs")
    for page in (first, second):
        workspace_name(page, server, project)
    mine = second.get_by_role("textbox", name="Workspace name")
    first.get_by_role("textbox", name="Workspace name").fill("mlw-first")
    mine.fill("mlw-second")
    told = either(first, second, says="changed in another tab")
    shot(told, "conflict")
    told.get_by_role("button", name="Use mine").click()
    kept = "mlw-second" if told is second else "mlw-first"
    for page in (first, second):
        expect(page.get_by_role("textbox", name="Workspace name")).to_have_value(kept)


def test_a_change_in_another_tab_shows_by_itself(server: Server, browser: Browser) -> None:
    """Within seconds, and it says so."""
    first, second = tab(browser), tab(browser)
    project = begin(first, server, "watch")
    for page in (first, second):
        workspace_name(page, server, project)
    first.get_by_role("textbox", name="Workspace name").fill("mlw-changed")
    expect(second.get_by_text("Another tab has changed: Workspace")).to_be_visible()
    expect(second.get_by_role("textbox", name="Workspace name")).to_have_value("mlw-changed")


def test_a_draft_outlives_reload_and_a_killed_server(server: Server, browser: Browser) -> None:
    """What was typed and never confirmed is there again, at the same address."""
    page = tab(browser)
    project = begin(page, server, "lasting")
    workspace_name(page, server, project).get_by_role("textbox", name="Workspace name").fill("mlw-lasting-2")
    page.locator(".node text", has_text="mlw-lasting-2").first.wait_for()
    page.reload()
    expect(page.get_by_role("textbox", name="Workspace name")).to_have_value("mlw-lasting-2")
    server.kill()
    server.start()
    page.reload()
    expect(page.get_by_role("textbox", name="Workspace name")).to_have_value("mlw-lasting-2")


def test_a_step_is_done_with_the_keyboard_alone(server: Server, browser: Browser) -> None:
    """Tab reaches every control in the order of reading; Enter follows the links."""
    page = tab(browser)
    project = begin(page, server, "keys")
    page.goto(server.url(f"/registry?project={project}"))
    page.get_by_role("combobox", name="Container registry").wait_for()
    settled(page)
    expect(page.locator('[aria-current="step"]')).to_have_text("3 Registry")
    reached = [_tab_on(page) for _ in range(20)]
    assert [name for name in reached if name[:1].isdigit()] == [
        "1 Resource group ✓", "2 Workspace ✓", "3 Registry", "4 Options", "5 Summary", "6 Provisioning", "7 Complete",
    ]  # fmt: skip
    assert "Container registry *" in reached
    _tab_to(page, "Container registry *")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".node text", has_text="crkeys").first).to_be_visible()
    _tab_to(page, "Next: Project options")
    page.keyboard.press("Enter")
    heading(page, "Project options").wait_for()


def test_a_narrow_window_shows_everything_below_each_other(server: Server, browser: Browser) -> None:
    """At 390 px nothing has to be scrolled sideways; dark follows the system."""
    page = tab(browser, color_scheme="dark")
    project = begin(page, server, "narrow")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", "resource_group", "workspace", "summary"):
        page.goto(server.url(f"/{path}?project={project}"))
        page.get_by_role("heading", level=1).wait_for()
        shot(page, f"narrow-dark-{path or 'overview'}")
        wide = page.evaluate("document.querySelector('.stMain').scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"


def _tab_on(page: Page) -> str:
    """Press Tab and give the name of what has the focus now."""
    page.keyboard.press("Tab")
    return _focused(page)


def _focused(page: Page) -> str:
    return str(
        page.evaluate(
            "(e => (e.getAttribute('aria-label') || e.innerText || '').trim())(document.activeElement)"
        )
    )


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until a control of that name has the focus."""
    for _ in range(80):
        if _focused(page) == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reached {name!r}")
