"""Runs a program that nobody trusts: in bubblewrap where it can be had, else within the limits of a process.

In bubblewrap it sees its own files read-only, a small /tmp, no network and no process of the machine. Everything else is
what the kernel gives any user: memory, open files and the length of a file are limited; who watches it (`supervise`) ends
it when it takes too much memory or begins too many processes.
"""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Literal

Isolation = Literal["bubblewrap", "limits"]
INSTALL = "Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap) to run it in a sandbox."
NO_SANDBOX = (
    "There is no sandbox here: memory and time are limited, but the model could read your files and use the network. "
    + INSTALL
)
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/R")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # loaded before any fork


@dataclass(frozen=True)
class Limits:
    """What a program may take. Memory is address space, of each process."""

    memory_mb: int = 4096
    tmp_mb: int = 256
    processes: int = 64
    open_files: int = 1024
    file_mb: int = 512


@dataclass(frozen=True)
class Box:
    """What a program sees: path inside -> path outside, and its environment.

    Without bubblewrap there is no inside: `at` then gives the path outside.
    """

    readable: Mapping[str, Path]
    writable: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    isolation: Isolation = "bubblewrap"

    def at(self, inside: str) -> str:
        """Where the program finds what lies at this path inside."""
        if self.isolation == "bubblewrap":
            return inside
        places = dict(self.readable) | dict(self.writable)
        best = max((place for place in places if f"{inside}/".startswith(f"{place}/")), key=len)
        return f"{places[best]}{inside[len(best) :]}"


@cache
def bubblewrap() -> str | None:
    """Path of bubblewrap where it is there and really works: in a container it may be there and not allowed to."""
    path = shutil.which("bwrap")
    if path is None or sys.platform != "linux":
        return None
    line = [
        path,
        *_UNSHARED,
        "--size",
        "1048576",
        "--tmpfs",
        "/tmp",
        *_system(),
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "true",
    ]
    try:
        done = subprocess.run(line, capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return path if done.returncode == 0 else None


def isolation() -> Isolation:
    """What this machine has: "bubblewrap", or "limits" alone."""
    return "bubblewrap" if bubblewrap() else "limits"


def start(
    box: Box, command: Sequence[str], folder: Path, output: int | IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Start a command in a box; it ends when the process that started it does. `folder` is its home without bubblewrap."""
    sandboxed = box.isolation == "bubblewrap"
    environment = _environment(box, "/tmp" if sandboxed else str(folder))
    return subprocess.Popen(
        [*_wrapped(box, environment), *command] if sandboxed else list(command),
        cwd="/" if sandboxed else folder, env=environment, stdin=subprocess.DEVNULL, stdout=output,
        stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_limiter(box.limits),
    )  # fmt: skip


def dies_with_us() -> None:
    """Between fork and exec: let the kernel end this process when its parent ends, however that comes."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limiter(limits: Limits) -> Callable[[], None]:
    wanted = (
        (resource.RLIMIT_AS, limits.memory_mb << 20),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_FSIZE, limits.file_mb << 20),
        (resource.RLIMIT_CORE, 0),
    )

    def limit() -> None:
        dies_with_us()
        for kind, most in wanted:
            _, hard = resource.getrlimit(kind)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))

    return limit


_UNSHARED = (
    "--unshare-all", "--cap-drop", "ALL", "--clearenv", "--die-with-parent", "--new-session", "--hostname", "model",
)  # fmt: skip


def _wrapped(box: Box, environment: Mapping[str, str]) -> list[str]:
    """The line of bubblewrap: nothing is there but what is named. Later mounts lie over earlier ones."""
    words = [bubblewrap() or "bwrap", *_UNSHARED, *_system()]
    words += ["--proc", "/proc", "--dev", "/dev", "--size", str(box.limits.tmp_mb << 20), "--tmpfs", "/tmp"]
    for inside, outside in box.readable.items():
        words += ["--ro-bind", str(outside), inside]
    for inside, outside in box.writable.items():
        words += ["--bind", str(outside), inside]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    words += ["--remount-ro", "/", "--chdir", "/tmp"]
    return words + _processes(box.limits)


def _processes(limits: Limits) -> list[str]:
    """The limit of processes counts those of the user in this sandbox; the kernel does not apply it to root."""
    prlimit = shutil.which("prlimit", path="/usr/bin:/bin")
    return [prlimit, f"--nproc={limits.processes}", "--"] if prlimit and os.getuid() else []


def _system() -> list[str]:
    """Programs and libraries of the machine; of /etc only what they need to find each other."""
    words: list[str] = []
    for path in _SYSTEM:
        if Path(path).is_symlink():
            words += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).is_dir():
            words += ["--ro-bind", path, path]
    for path in _SETTINGS:
        words += ["--ro-bind-try", path, path]
    return words


def _environment(box: Box, home: str) -> dict[str, str]:
    """Nothing of ours goes in, but what tells the numeric libraries how to behave."""
    basic = {
        "PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "USER": "model", "LOGNAME": "model",
        "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    return numeric() | basic | dict(box.environment)


def numeric() -> dict[str, str]:
    """How numeric libraries behave: one thread, and the processor that the machine's own settings name."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    return kept | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
