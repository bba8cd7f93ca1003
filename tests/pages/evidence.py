"""What a browser test that failed leaves behind: the words of its pages, their pictures, and the ends of the logs."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Error, Page

from tests.pages.browser import SCREENSHOTS, Server

LAST = 3000  # characters of each text that are shown


def gathered(name: str, browser: Browser | None, server: Server | None) -> Iterator[tuple[str, str]]:
    """Title and text of everything that tells why a test failed; pictures are left under build/screenshots/."""
    for number, page in enumerate(open_pages(browser)):
        yield f"page {page.url}", words(page, SCREENSHOTS / f"failed-{name}-{number}.png")
    if server:
        for log in sorted(Path(server.environment["GROUNDPLAN_HOME"]).rglob("*.log")):
            if "site-packages" not in log.parts:
                yield f"log {log.name}", log.read_text(errors="replace")[-LAST:]


def open_pages(browser: Browser | None) -> list[Page]:
    """The pages that a test has not closed."""
    return [page for context in browser.contexts for page in context.pages] if browser else []


def words(page: Page, picture: Path) -> str:
    """What a page says now; a page that no longer answers says so."""
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture, timeout=5000)
        return shortened(page.locator("body").inner_text(timeout=5000))
    except Error as gone:
        return f"(the page does not answer: {gone.message.splitlines()[0]})"


def shortened(text: str) -> str:
    """Both ends of a long text."""
    return text if len(text) <= 2 * LAST else f"{text[:LAST]}\n[...]\n{text[-LAST:]}"
