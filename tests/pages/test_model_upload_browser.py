"""A model file in Chromium: it comes, goes on after a killed server and after F5, can be paused and cancelled."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from services.models import samples
from tests.pages.browser import Server, begin, heading, settled, shot, tab

pytestmark = pytest.mark.browser
SIZE = 28 << 20
MB_A_SECOND = 5


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Enough bytes that something can happen meanwhile; they are no model."""
    path = tmp_path / "big model.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def opened(page: Page, server: Server, name: str) -> str:
    """Begin a project and open its page for the model file."""
    project = begin(page, server, name)
    page.goto(server.url(f"/upload?project={project}"))
    heading(page, "Model file").wait_for()
    page.get_by_role("button", name="Choose a model file").wait_for()
    settled(page)
    return project


def slow(page: Page) -> Callable[[], None]:
    """A network on which a file takes seconds, however busy the machine is; calling what it gives ends that."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")

    def set_to(bytes_a_second: int) -> None:
        limits = {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_a_second,
        }
        wire.send("Network.emulateNetworkConditions", limits)

    set_to(MB_A_SECOND << 20)
    return lambda: set_to(-1)


def choose(page: Page, path: Path, button: str = "Choose a model file") -> None:
    """Press the button and choose a file."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(path)


def heading_of_card(page: Page, name: str) -> Locator:
    """The card of a model, once it has been looked at."""
    return page.get_by_role("heading", name=name, level=2)


def away(page: Page) -> None:
    """Go to another page of the app."""
    page.get_by_role("link", name="2 API handler").click()
    page.wait_for_url("**/handler?project=*")
    page.locator(".drop").wait_for(state="detached")


def come(server: Server) -> int:
    """How many bytes of unfinished uploads lie on the disk."""
    return sum(part.stat().st_size for part in folder(server, "uploads").glob("*/part"))


def folder(server: Server, name: str) -> Path:
    """Where the installation keeps its models."""
    return Path(server.environment["GROUNDPLAN_HOME"]) / "models" / name


def under_way(page: Page, server: Server) -> int:
    """Wait until some chunks have come and give how many bytes that are."""
    for _ in range(1200):
        if (8 << 20) < (so_far := come(server)) < SIZE:
            return so_far
        page.wait_for_timeout(25)
    raise AssertionError(f"{come(server)} bytes have come")


def stored(page: Page, server: Server, path: Path) -> None:
    """Wait until exactly this file is in the store."""
    place = folder(server, "files") / hashlib.sha256(path.read_bytes()).hexdigest()
    for _ in range(1200):
        if place.exists():
            return
        page.wait_for_timeout(50)
    raise AssertionError(server.log.read_text()[-2000:])


def test_a_model_is_brought_with_the_keyboard_and_seen_for_what_it_is(
    server: Server, browser: Browser
) -> None:
    """From the button to the card with verdict and inputs; the way on is open."""
    page = tab(browser)
    opened(page, server, "card")
    button = page.get_by_role("button", name="Choose a model file")
    button.focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(samples.FOLDER / "churn.onnx")
    heading_of_card(page, "churn.onnx").wait_for(timeout=60_000)
    expect(page.locator(".st-key-intake").get_by_text("Safe", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Inputs").get_by_role("row")).not_to_have_count(0)
    shot(page, "upload-card")
    page.get_by_role("link", name="Next: API handler").click()
    page.wait_for_url("**/handler?project=*")


def test_a_sample_is_one_click(server: Server, browser: Browser) -> None:
    """It is looked at like an upload and becomes the project's model."""
    page = tab(browser)
    opened(page, server, "sample")
    page.locator(".st-key-use_churn").get_by_role("button").click()
    heading_of_card(page, "churn.joblib").wait_for(timeout=60_000)
    expect(page.get_by_text("Models of this project")).to_be_visible()


def test_an_upload_outlives_a_killed_server(server: Server, browser: Browser, big: Path) -> None:
    """The page says that the connection is lost, tries again by itself, and sends only what is lacking."""
    page = tab(browser)
    opened(page, server, "killed")
    quick = slow(page)
    choose(page, big)
    under_way(page, server)
    server.kill()
    expect(page.get_by_text("The connection was lost")).to_have_count(2)  # in the row, and for screen readers
    kept = come(server)
    assert kept
    begun: list[int] = []
    page.on(
        "request", lambda r: begun.append(int(r.headers["upload-offset"])) if r.method == "PATCH" else None
    )
    server.start()
    quick()
    stored(page, server, big)
    assert [offset for offset in begun if offset < kept] == []


def test_after_a_reload_the_same_file_goes_on(
    server: Server, browser: Browser, big: Path, tmp_path: Path
) -> None:
    """The page shows what has come; another file is refused there, the same one continues."""
    page = tab(browser)
    opened(page, server, "reload")
    quick = slow(page)
    choose(page, big)
    under_way(page, server)
    page.reload()
    row = page.locator(".rows li")
    expect(row).to_contain_text("have come. Choose the same file to go on")
    shot(page, "upload-unfinished")
    (tmp_path / "other.bin").write_bytes(b"other")
    kept = come(server)
    choose(page, tmp_path / "other.bin", "Choose the file: big model.bin")
    expect(page.get_by_text("other.bin is another file")).to_be_visible()
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        choose(page, big, "Choose the file: big model.bin")
    quick()
    assert int(sent.value.headers["upload-offset"]) >= kept
    stored(page, server, big)


def test_pausing_and_cancelling(server: Server, browser: Browser, big: Path) -> None:
    """A paused upload stands still until it is resumed; a cancelled one leaves nothing on the disk."""
    page = tab(browser)
    opened(page, server, "cancelled")
    slow(page)
    choose(page, big)
    under_way(page, server)
    expect(page.locator(".figures")).to_have_text(re.compile(r"MB of 29\.4 MB · [\d.]+ MB/s · \d+ s left"))
    shot(page, "upload-sending")
    page.get_by_role("button", name="Pause: big model.bin").click()
    expect(page.locator(".figures")).to_contain_text("paused")
    page.get_by_role("button", name="Resume: big model.bin").click()
    expect(page.get_by_role("button", name="Pause: big model.bin")).to_be_visible()
    page.get_by_role("button", name="Cancel: big model.bin").click()
    expect(page.locator(".rows li")).to_have_count(0)
    expect(page.get_by_role("status").get_by_text("was cancelled")).to_be_attached()
    assert list(folder(server, "uploads").rglob("part")) == []


def test_an_upload_goes_on_while_other_pages_are_looked_at(
    server: Server, browser: Browser, big: Path
) -> None:
    """The file is sent to its end, and its row is there when the user comes back."""
    page = tab(browser)
    opened(page, server, "wander")
    quick = slow(page)
    choose(page, big)
    under_way(page, server)
    away(page)
    page.get_by_role("link", name="1 Model file").click()
    expect(page.get_by_role("progressbar", name="Upload of big model.bin")).to_be_visible()
    away(page)
    quick()
    stored(page, server, big)
    page.get_by_role("link", name="1 Model file").click()
    page.get_by_role("button", name="Choose a model file").wait_for()
    expect(page.locator(".rows li")).to_have_count(0)


def test_a_file_that_is_refused_says_why_beside_the_button(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    """An empty file: one sentence, and it can be put away."""
    page = tab(browser)
    opened(page, server, "empty")
    (tmp_path / "empty.pkl").write_bytes(b"")
    choose(page, tmp_path / "empty.pkl")
    expect(page.locator(".rows li .figures")).to_have_text(
        "This file is empty: it has no bytes. Save the model again."
    )
    page.get_by_role("button", name="Dismiss: empty.pkl").click()
    expect(page.locator(".rows li")).to_have_count(0)
