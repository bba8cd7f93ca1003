"""The packages that a stranger's file may name and have installed: an exact name of a list, never one that looks alike."""

import difflib
import functools
from pathlib import Path

from packaging.utils import canonicalize_name

_FILE = Path(__file__).with_name("known_packages.txt")


def is_known(name: str) -> bool:
    """Whether a package is on the list, however its name is written (PEP 503)."""
    return canonicalize_name(name) in names()


def likely(name: str) -> str:
    """The known package that a name looks like; "" when there is none."""
    near = difflib.get_close_matches(canonicalize_name(name[:60]), names(), n=1, cutoff=0.8)
    return near[0] if near else ""


@functools.cache
def names() -> frozenset[str]:
    """Every known name, normalised."""
    lines = _FILE.read_text(encoding="ascii").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())
