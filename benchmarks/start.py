"""How long a newcomer waits: from `streamlit run app.py` to a page that can be used, and to a worker that works."""

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.house import REPOSITORY, free_port, fresh_home

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
FIRST_FIELD = "input[aria-label^='Project name']"


def measure(rounds: int = 3) -> dict[str, Any]:
    """Medians over fresh installations, in seconds, beside an empty Streamlit app in the same run."""
    ours = sorted(_ours() for _ in range(rounds))[rounds // 2]
    bare = sorted(_bare() for _ in range(rounds))[rounds // 2]
    return {
        "page_s": round(ours, 2),
        "empty_app_s": round(bare, 2),
        "ratio": round(ours / bare, 2),
        "rounds": rounds,
    }


def _ours() -> float:
    with fresh_home(0) as environment:
        return _until("app.py", environment, FIRST_FIELD)


def _bare() -> float:
    with fresh_home(0) as environment:
        empty = f"{environment['GROUNDPLAN_HOME']}/empty.py"
        Path(empty).write_text("import streamlit as st\nst.text_input('Project name')\n")
        return _until(empty, environment, FIRST_FIELD)


def _until(script: str, environment: dict[str, str], selector: str) -> float:
    """Seconds from the start of the server to the first field on the page, the browser running already."""
    port = free_port()
    line = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        script,
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        began = time.perf_counter()
        server = subprocess.Popen(
            line, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await(f"http://127.0.0.1:{port}/_stcore/health")
            page.goto(f"http://127.0.0.1:{port}")
            page.wait_for_selector(selector, timeout=60_000)
            return time.perf_counter() - began
        finally:
            server.terminate()
            server.wait(30)
            browser.close()


def _await(url: str) -> None:
    while True:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
