"""Becomes another program that dies with its parent and keeps to a limit of memory.

Run as a script of its own, with nothing but the standard library: ``launcher.py PARENT BYTES COMMAND...``.
A function to be run between fork and exec would do the same, and can hang in a process that has threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Set both and become the command."""
    parent, most, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    die_with_parent(parent)
    if most:
        with contextlib.suppress(ValueError, OSError):  # where the system has a lower limit already
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(command[0], command)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends; Linux alone can do it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
