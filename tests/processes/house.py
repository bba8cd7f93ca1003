"""A clone with stand-ins behind its web process, so that a whole server starts in two seconds."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


class Web:
    """One `streamlit run app.py` of a clone, on a port of its own."""

    def __init__(self, clone: Path, home: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.log = clone / f"web-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        environment = os.environ | {"GROUNDPLAN_HOME": str(home)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=clone, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return status and text of a GET; headers such as `Host="evil.example"` replace the usual ones."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def ready(self) -> dict[str, Any]:
        """Return what /api/ready says, {} while the server does not answer."""
        try:
            status, text = self.get("/api/ready")
        except OSError:
            return {}
        return dict(json.loads(text)) if status == 200 else {}

    def wait(self) -> "Web":
        """Return once web, simulator and worker are ready."""
        until(lambda: all(self.ready().get(name) for name in ("web", "simulator", "worker")), self)
        return self

    def end(self, signal_number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(20)


def clone(folder: Path) -> Path:
    """Lay out a clone: the real app.py, services and settings, a page of one line, and stand-ins for what they start."""
    for name in ("app.py", "requirements.txt"):
        shutil.copy(REPOSITORY / name, folder / name)
    shutil.copytree(REPOSITORY / ".streamlit", folder / ".streamlit")
    sources = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "services", folder / "services", ignore=sources)
    stand_in = (Path(__file__).parent / "stand_in.py").read_text()
    for package in ("services", "simulator"):
        (folder / package).mkdir(exist_ok=True)
        (folder / package / "__main__.py").write_text(stand_in)
    (folder / "pages").mkdir()
    (folder / "pages" / "frame.py").write_text("import streamlit as st\n\nst.title('Groundplan')\n")
    return folder


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool], web: Web | None = None, within: float = 20) -> None:
    """Wait for a condition; fail with the server's log when it does not come about."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, web.log.read_text() if web else "it did not come about"
        time.sleep(0.05)
