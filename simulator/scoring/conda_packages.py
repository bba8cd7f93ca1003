"""Conda packages in PyPI's names and pip's words, as there is no conda in the rehearsal.

The test on the user's machine does the same with a table and rules of its own: neither may look into the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

TABLE = Path(__file__).with_name("conda_names.txt")
#: Channels whose packages are what their names say; another's package may be anything.
CHANNELS = frozenset(
    {"anaconda", "conda-forge", "defaults", "fastai", "huggingface", "intel", "main", "microsoft", "nvidia",
     "pytorch", "rapidsai"}
)  # fmt: skip


class NotOnPyPI(Exception):
    """A conda package that cannot be had here; the text names it and says what to do."""


@dataclass(frozen=True)
class Package:
    """One of conda's packages, as it is asked for and as PyPI has it."""

    asked: str
    pypi: str  # "" when Python and the wheels bring it
    versions: str  # in pip's words

    @property
    def line(self) -> str:
        """The line of a requirements file."""
        return self.pypi + self.versions


def read(asked: str) -> Package:
    """Read a match specification: ``conda-forge::numpy=1.26`` is ``numpy==1.26.*``.

    https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html

    Raises:
        NotOnPyPI: the name or the channel is not known, or pip cannot say the version.
    """
    channel, _, rest = asked.strip().rpartition("::")
    if channel and channel.split("/")[0] not in CHANNELS:
        raise NotOnPyPI(f"'{asked}' is of the channel {channel}, which PyPI does not have")
    name = re.match(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", rest.strip())
    if name is None:
        raise NotOnPyPI(f"'{asked}' is not understood; write name=version")
    pypi = table().get(name[0].lower())
    if pypi is None:
        raise NotOnPyPI(
            f"'{asked}' is not known to be the same on PyPI; if it is, name it below pip as PyPI does"
        )
    versions = _versions(rest.strip()[name.end() :].strip()) if pypi else ""
    if versions is None:
        raise NotOnPyPI(f"'{asked}' names its version in a way that pip cannot; write name=version")
    return Package(asked.strip(), pypi, versions)


def notes(packages: list[Package]) -> Iterator[str]:
    """Say what is taken in place of conda's packages, and what is left to the wheels."""
    if taken := [f"{one.line} for {one.asked}" for one in packages if one.pypi]:
        yield f"There is no conda here: from PyPI, as wheels, instead of conda's channels: {', '.join(taken)}"
    if left := [one.asked for one in packages if not one.pypi]:
        yield f"Python and the wheels bring their own, in versions of their own: {', '.join(left)}"


@cache
def table() -> dict[str, str]:
    """Return what PyPI calls each of conda's packages that is known here; "" for what the wheels bring."""
    found: dict[str, str] = {}
    for line in TABLE.read_text("ascii").splitlines():
        kind, *words = line.split()
        if kind == "other":
            found[words[0]] = words[1]
        elif kind in {"same", "within"}:
            found |= {word: word.replace("_", "-") if kind == "same" else "" for word in words}
    return found


def _versions(text: str) -> str | None:
    """Return versions in pip's words, None for what it has no words for (choices, patterns, brackets)."""
    text = re.sub(r" *([=!<>~,]+) *", r"\1", text)
    if re.search(r"[^\w.+*=!<>~, -]", text):
        return None
    version, build = _without_build(text)
    said = [one for part in version.split(",") if (one := _condition(part, build)) is not None]
    try:
        return str(SpecifierSet(",".join(said)))
    except InvalidSpecifier:
        return None


def _without_build(text: str) -> tuple[str, bool]:
    """Part version and build: ``=1.26.4=py311_0`` has one, and names one version; ``=1.26`` has none."""
    found = re.fullmatch(r"([=!<>~]*[^=!<>~ ]+)[= ]([^=!<>~, ]+)", text)
    return (found[1], True) if found else (text, False)


def _condition(part: str, build: bool) -> str | None:
    operator, version = part[: len(part) - len(part.lstrip("=!<>~"))], part.lstrip("=!<>~")
    if operator not in {"", "=", "=="}:
        return operator + (version if operator == "!=" else version.removesuffix(".*"))
    if version in {"", "*"}:
        return None
    if version.endswith("*") or (operator == "=" and not build):
        return f"=={version.rstrip('*').rstrip('.')}.*"
    return f"=={version}"
