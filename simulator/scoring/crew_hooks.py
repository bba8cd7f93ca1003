"""Gunicorn's settings inside a container, the same as those of Azure's own start; it runs in the user's environment.

What differs: a Unix socket instead of 0.0.0.0, and workers that die with their master.
"""

import ctypes
import os
import signal
import sys

from gunicorn.errors import HaltServer

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


#: Workers that may end before one is ready; more would only go on until the probe gives up.
MOST_FALSE_STARTS = 3
_ready = os.environ["TMPDIR"]
_seen = []


def post_worker_init(worker):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Leave a mark that the simulator counts: init() is through."""
    open(_mark(os.getpid()), "w").close()


def child_exit(server, worker):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Take the mark away; give up when one worker after the other ends without ever having made one."""
    if os.path.exists(_mark(worker.pid)):
        os.unlink(_mark(worker.pid))
        _seen.clear()
        return
    _seen.append(worker.pid)
    if len(_seen) >= MOST_FALSE_STARTS:
        raise HaltServer("Workers fail to boot.", 3)


def _mark(pid):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    return os.path.join(_ready, ".ready-%d" % pid)
