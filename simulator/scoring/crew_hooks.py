"""Gunicorn's settings inside a container, the same as those of Azure's own start; it runs in the user's environment.

What differs: a Unix socket instead of 0.0.0.0, workers that die with their master, and an end to endless false starts.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

from gunicorn.errors import HaltServer  # type: ignore[import-untyped, unused-ignore, import-not-found]

bind = "unix:" + os.environ["GROUNDPLAN_SOCKET"]
workers = int(os.environ["GROUNDPLAN_WORKERS"])
timeout = int(os.environ.get("WORKER_TIMEOUT", "300"))
preload_app = os.environ.get("WORKER_PRELOAD", "false").lower() == "true"
accesslog = "-"
errorlog = "/dev/null"
worker_tmp_dir = os.environ["TMPDIR"]

#: Workers that may end before one is ready; more would only go on until the probe gives up.
MOST_FALSE_STARTS = 3
_false_starts: list[int] = []


def post_fork(server: Any, worker: Any) -> None:
    """Let a worker die with its master, which the simulator may have to kill."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def post_worker_init(worker: Any) -> None:
    """Leave a mark that the simulator counts: init() is through."""
    _mark(os.getpid()).touch()


def child_exit(server: Any, worker: Any) -> None:
    """Take the mark away; give up when one worker after the other ends without ever having made one."""
    if _mark(worker.pid).exists():
        _mark(worker.pid).unlink()
        _false_starts.clear()
        return
    _false_starts.append(worker.pid)
    if len(_false_starts) >= MOST_FALSE_STARTS:
        raise HaltServer("Workers fail to boot.", 3)


def _mark(pid: int) -> Path:
    return Path(os.environ["TMPDIR"], f".ready-{pid}")
