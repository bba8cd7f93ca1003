"""A fresh installation for one measurement: its own home, its own processes, all gone afterwards."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[1]


@contextmanager
def fresh_home(pace: float) -> Iterator[dict[str, str]]:
    """The environment of a fresh installation; every process that lives in it is ended with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = os.environ | {"GROUNDPLAN_HOME": folder, "GROUNDPLAN_PACE": str(pace)}
        try:
            yield environment
        finally:
            _end(folder)


@contextmanager
def looking_at(environment: Mapping[str, str]) -> Iterator[None]:
    """Let this process look at that installation until the block ends."""
    before = os.environ.get("GROUNDPLAN_HOME")
    os.environ["GROUNDPLAN_HOME"] = environment["GROUNDPLAN_HOME"]
    try:
        yield
    finally:
        os.environ.pop("GROUNDPLAN_HOME") if before is None else os.environ.update(GROUNDPLAN_HOME=before)


def command(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m services ...` to its end and give its output."""
    line = [sys.executable, "-m", "services", *words]
    return subprocess.run(line, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end(folder: str) -> None:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("GROUNDPLAN_HOME") == folder and process.pid != os.getpid():
                process.kill()
