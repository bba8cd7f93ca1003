"""A browser and a whole server for tests: everything real, at pace 0, on a free port."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.house import REPOSITORY, free_port

SCREENSHOTS = REPOSITORY / "build" / "screenshots"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Server:
    """`streamlit run app.py` in an installation of its own; it can be killed and started anew on its port."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment, self.port = environment, free_port()
        self.log = Path(environment["GROUNDPLAN_HOME"]) / "web.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        """Start and wait until the page can be used."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, env=os.environ | self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while not self._ready():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)
        return self

    def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """Ctrl+C."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def url(self, path: str = "/") -> str:
        """The address of a page."""
        return f"http://127.0.0.1:{self.port}{path}"

    def _ready(self) -> bool:
        try:
            with urlopen(self.url("/api/ready"), timeout=2) as answer:
                return b'"simulator":true,"worker":true' in answer.read()
        except OSError:
            return False


def tab(browser: Browser, **options: Any) -> Page:
    """A fresh tab, in which everything has twenty seconds: the machine may be busy."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, **options).new_page()
    page.set_default_timeout(20_000)
    # Choosers of files are intercepted from now on: switched on only when one is expected, that may come too late.
    page.on("filechooser", lambda _: None)
    expect.set_options(timeout=20_000)
    return page


def settled(page: Page) -> None:
    """Wait until the server has answered: nothing on the page is stale and nothing runs."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def either(*pages: Page, says: str) -> Page:
    """Wait until one of the pages says something, and give that one."""
    for _ in range(200):
        for page in pages:
            if page.get_by_text(says).count():
                return page
        pages[0].wait_for_timeout(100)
    raise AssertionError(f"no page says {says!r}")


def shot(page: Page, name: str) -> None:
    """Keep a picture of the page for whoever looks at the run of the tests."""
    settled(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def heading(page: Page, words: str) -> Locator:
    """The title of a page."""
    return page.get_by_role("heading", name=words, level=1)


def begin(page: Page, server: Server, name: str) -> str:
    """Name a project on the overview, press Enter, and give the project's ID."""
    page.goto(server.url())
    page.locator('body[data-touches="on"]').wait_for(state="attached")
    page.get_by_role("textbox", name="Project name").fill(name)
    page.get_by_role("textbox", name="Project name").press("Enter")
    heading(page, "Project details").wait_for()
    page.wait_for_url("**/resource_group?project=*")
    return page.url.rpartition("project=")[2]
