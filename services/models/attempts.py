"""What a hostile model would try, tried for real in the sandbox: a table of what was blocked, measured and never claimed.

The probe runs alone in a box, as a handler does, with nothing but Python's library. Every attempt is bounded: should the
sandbox fail to stop it, it stops by itself and says so.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.models import sandbox, watching
from services.models.sandbox import Box, Isolation, Limits
from services.processes.home import home

_PROBE = "/run/probe/probe.py"
_LIMITS = Limits(memory_mb=512, tmp_mb=16, processes=32)


@dataclass(frozen=True)
class Attempt:
    """One thing that was tried: what, whether it was blocked, and what the kernel or the watch said."""

    what: str
    blocked: bool
    how: str


def table(isolation: Isolation | None = None) -> list[Attempt]:
    """Try everything in this machine's sandbox (or in the one that is named) and tell what was blocked.

    Without bubblewrap only what limits can stop is tried.
    """
    isolation = isolation or sandbox.isolation()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.NamedTemporaryFile(dir=home(), prefix="probe-") as secret,
    ):
        if isolation == "bubblewrap":
            tries = _run(("quiet", secret.name, str(Path.home()), str(home())), Path(folder), isolation)
        else:
            tries = [
                Attempt(
                    "reach the network, read and write the user's files", False, "not tried: nothing stops it"
                )
            ]
        for name in _LOUD:
            tries += _run((name,), Path(folder), isolation)
    return tries


def _run(words: Sequence[str], folder: Path, isolation: Isolation) -> list[Attempt]:
    """Run the probe in a box of its own, watched as a handler is watched."""
    ours = Path(os.path.realpath(sys.executable))
    base = ours.parents[1]
    readable = {"/run/probe": Path(__file__).parent / "probe"}
    readable |= {} if base.is_relative_to("/usr") else {str(base): base}
    box = Box(readable, limits=_LIMITS, isolation=isolation)
    command = [str(ours), "-I", "-S", box.at(_PROBE), *words]
    process = sandbox.start(box, command, folder, subprocess.PIPE)
    timer = threading.Timer(60, process.kill)
    timer.start()
    watch = watching.Watch(process, folder / "log", _LIMITS)
    process.wait()
    timer.cancel()
    told = watch.last_words()
    over = watch.over()
    watch.end()
    return _attempts(told, over, words[0])


def _attempts(told: str, over: str, name: str) -> list[Attempt]:
    """What the probe has told, line by line; one that was ended by the watch could not tell."""
    lines = [line for line in told.splitlines() if line.startswith("{")]
    found = [Attempt(**json.loads(line)) for line in lines]
    if over:
        return [
            *[one for one in found if one.blocked],
            Attempt(_LOUD[name], True, f"ended by the watch: {over}"),
        ]
    return found or [Attempt(_LOUD.get(name, name), True, "the probe was ended by the kernel")]


_LOUD = {
    "environment": "read our environment variables",
    "memory": "allocate 2 GB of memory", "processes": "begin 200 processes", "disk": "write 64 MB into /tmp",
}  # fmt: skip
