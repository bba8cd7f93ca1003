"""Programs that the simulator starts: each a process group of its own, written down so that a kill leaves no orphan."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
RECORD = "process.json"


async def start(command: list[str], folder: Path, env: dict[str, str], cwd: Path, memory: int = 0) -> Process:
    """Start a program in a group of its own; its output is one pipe, and ``folder`` remembers who it is.

    ``memory`` limits its address space in bytes; 0 for no limit.
    """
    line = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(memory), *command]
    process = await asyncio.create_subprocess_exec(
        *line,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=cwd,
        env=env,
        start_new_session=True,
        limit=1 << 20,
    )
    record = {"pid": process.pid, "started": started(process.pid)}
    (folder / RECORD).write_text(json.dumps(record), "utf-8")
    return process


async def stop(process: Process, patience: float = 1.0) -> None:
    """End a program with its whole group: asked first, killed when its time is over."""
    end_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), patience)
    end_group(process.pid, signal.SIGKILL)
    await process.wait()


def end_group(group: int, how: signal.Signals) -> None:
    """Send a signal to a group that may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)


def end_orphans(root: Path, pattern: str) -> int:
    """Kill what a killed simulator has left in folders of this pattern, and return how many groups there were.

    A number that another process has got meanwhile is known by its start time, and left alone.
    """
    count = 0
    for path in root.glob(f"{pattern}/{RECORD}"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(path.read_text("utf-8"))
            if record["started"] and started(int(record["pid"])) == record["started"]:
                end_group(int(record["pid"]), signal.SIGKILL)
                count += 1
        path.unlink(missing_ok=True)
    return count


def started(pid: int) -> str:
    """Return when a process began, in the kernel's own count; empty where that cannot be known."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
