"""How long a large model file takes to come, and what the web process pays for it, beside `cp` and `sha256sum`."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.house import REPOSITORY, free_port, fresh_home
from benchmarks.tus import CHUNK, Client
from services.models import files, upload_tickets

GROWTH_MB = 50


def measure(mib: int = 1024, rounds: int = 3) -> dict[str, Any]:
    """Medians in seconds for one file of random bytes, and the greatest growth of the web process in MB.

    The upload ends when the file is stored: hashed, flushed to the disk and under its name. `cp_sha256sum_s` flushes
    nothing; `cp_sync_sha256sum_s` does what the upload does.
    """
    with fresh_home(0) as environment, _served(environment) as (port, web):
        source = _file(Path(environment["GROUNDPLAN_HOME"]), mib)
        turns = [_turn(source, port, web, number) for number in range(rounds)]
    figures = {key: sorted(turn[key] for turn in turns)[rounds // 2] for key in turns[0]}
    growth = max(turn["growth_mb"] for turn in turns)
    figures |= {"growth_mb": growth, "ratio": figures["upload_s"] / figures["cp_sync_sha256sum_s"]}
    told = {key: round(value, 2) for key, value in figures.items()}
    return {
        "mib": mib,
        "chunk_mib": CHUNK >> 20,
        **told,
        "growth_within_goal": growth < GROWTH_MB,
        "rounds": rounds,
    }


def _turn(source: Path, port: int, web: psutil.Process, number: int) -> dict[str, float]:
    """The upload and the two ways by hand, one after the other, so that the machine's load is the same."""
    copy = source.with_name("copy")
    by_hand = _seconds(f"cp '{source}' '{copy}' && sha256sum '{copy}'", copy)
    flushed = _seconds(f"cp '{source}' '{copy}' && sync '{copy}' && sha256sum '{copy}'", copy)
    upload, growth = _upload(source, port, web, f"model-{number}.bin")
    return {
        "upload_s": upload, "cp_sha256sum_s": by_hand, "cp_sync_sha256sum_s": flushed, "growth_mb": growth,
    }  # fmt: skip


def _upload(source: Path, port: int, web: psutil.Process, name: str) -> tuple[float, float]:
    """Send the file as the page does; seconds, and how far the server's memory rose above where it was."""
    size, before, peak, ended = source.stat().st_size, web.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            peak[0] = max(peak[0], web.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    with source.open("rb") as file:
        client = Client(port, upload_tickets.give("benchmark", "benchmark"))
        answers = list(client.send(name, file, size))
    took = time.perf_counter() - began
    ended.set()
    watcher.join()
    stored = answers[-1].headers["upload-sha256"]
    with source.open("rb") as file:
        assert stored == hashlib.file_digest(file, "sha256").hexdigest(), (
            "the stored file is not the one sent"
        )
    files.forget(stored)
    return took, max(0, peak[0] - before) / 1e6


def _seconds(command: str, copy: Path) -> float:
    began = time.perf_counter()
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - began
    copy.unlink()
    return took


def _file(home: Path, mib: int) -> Path:
    path = home / "source.bin"
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1 << 20))
        os.fsync(file.fileno())
    return path


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    """The whole web process as a user starts it, on a port of its own; this process shares its home."""
    port, before = free_port(), os.environ.get("GROUNDPLAN_HOME")
    line = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with subprocess.Popen(
        line, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        os.environ["GROUNDPLAN_HOME"] = environment["GROUNDPLAN_HOME"]
        try:
            _await(f"http://127.0.0.1:{port}/api/ready")
            yield port, psutil.Process(server.pid)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
            os.environ.pop("GROUNDPLAN_HOME") if before is None else os.environ.update(GROUNDPLAN_HOME=before)


def _await(url: str) -> None:
    """Until all that a rehearsal needs is up: what still starts would be counted."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if b'"simulator":true,"worker":true' in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.05)
