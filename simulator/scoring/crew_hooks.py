"""Gunicorn's settings inside a container, the same as those of Azure's own start; it runs in the user's environment.

What differs: a Unix socket instead of 0.0.0.0, and workers that die with their master.
"""

import ctypes
import os
import signal
import sys

bind = "unix:" + os.environ["GROUNDPLAN_SOCKET"]
workers = int(os.environ["GROUNDPLAN_WORKERS"])
timeout = int(os.environ.get("WORKER_TIMEOUT", "300"))
preload_app = os.environ.get("WORKER_PRELOAD", "false").lower() == "true"
accesslog = "-"
errorlog = "/dev/null"
worker_tmp_dir = os.environ["TMPDIR"]


def post_fork(server, worker):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Let a worker die with its master, which the simulator may have to kill."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
