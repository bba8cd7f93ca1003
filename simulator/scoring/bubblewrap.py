"""Bubblewrap: lets a program see an image's files, this machine's system read-only below them, and a network of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

#: Where this machine keeps what every image has: programs, libraries, R.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32")
#: What these need of /etc to find each other.
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/R", "/etc/fonts")
_APART = ("--unshare-all", "--cap-drop", "ALL", "--die-with-parent", "--new-session")
_USERS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
_HOSTS = "127.0.0.1 localhost\n::1 localhost\n"


def find() -> str:
    """Return the path of bubblewrap, empty where there is none."""
    return (shutil.which("bwrap") or "") if sys.platform == "linux" else ""


@cache
def that_works() -> str:
    """Return its path where it may do its work, else nothing; asked of the machine once."""
    program = find()
    try:
        good = (
            program
            and not subprocess.run(trial(program), capture_output=True, timeout=20, check=False).returncode
        )
    except (OSError, subprocess.TimeoutExpired):
        good = False
    return program if good else ""


def trial(program: str) -> list[str]:
    """Return a command that ends well where bubblewrap may do its work; in a container it may be forbidden."""
    return [program, *_APART, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]


def begin(root: Path) -> None:
    """Begin an image's files: what every image has that is no file of this machine."""
    for name in ("etc", "root", "tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "etc" / "passwd").write_text(_USERS, "utf-8")
    (root / "etc" / "hosts").write_text(_HOSTS, "utf-8")
    for place in SYSTEM:
        if Path(place).is_symlink():
            (root / place[1:]).symlink_to(str(Path(place).readlink()).lstrip("/"))


def line(
    program: str, root: Path, name: str, readable: Mapping[str, Path], writable: Mapping[str, Path]
) -> list[str]:
    """Return the words before a command; later mounts lie over earlier ones."""
    words = [program, *_APART, "--hostname", name, "--bind", str(root), "/"]
    links = {place for place in SYSTEM if Path(place).is_symlink()}
    for place in (*SYSTEM, *_SETTINGS):
        if Path(place).exists() and place not in links:
            words += _below(root, Path(place))
    words += ["--proc", "/proc", "--dev", "/dev"]
    for inside, outside in readable.items():
        words += ["--ro-bind", str(outside), inside]
    for inside, outside in writable.items():
        words += ["--bind", str(outside), inside]
    return words


def is_system(place: str) -> bool:
    """Tell whether a container sees this path of the machine anyway."""
    return any(Path(place).is_relative_to(one) for one in SYSTEM)


def _below(root: Path, place: Path) -> Iterator[str]:
    """Mount a folder of the machine, or, where the image has one there too, all that the image's has not."""
    own = root / str(place)[1:]
    if not os.path.lexists(own):
        yield from ("--ro-bind", str(place), str(place))
    elif own.is_dir() and place.is_dir():
        for child in sorted(place.iterdir()):
            if child.is_symlink() and not os.path.lexists(own / child.name):
                yield from ("--symlink", str(child.readlink()), str(child))
            else:
                yield from _below(root, child)
