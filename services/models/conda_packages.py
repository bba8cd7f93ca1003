"""Conda packages as PyPI has them: this machine has no conda, and takes the same package in the same version as a wheel.

Azure builds from conda's channels; here a name is looked up in a table and its version, written as conda's match
specification, is said in pip's words. A name that the table does not hold is refused: on PyPI it may be a stranger's.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

CHANNELS = frozenset({
    "conda-forge", "defaults", "nodefaults", "main", "anaconda", "pytorch", "nvidia", "rapidsai", "intel", "fastai",
    "huggingface", "microsoft",
})  # fmt: skip
_FILE = Path(__file__).with_name("conda_names.txt")
_SPEC = re.compile(r"(?:([^:\s]+)::)?([A-Za-z0-9_][\w.-]*)\s*([^\w.-].*|\s.*)?")
_VERSION_AND_BUILD = re.compile(r"(.*?[^=!|,<>~ ])(?:[ =]([^=,|<>~! ]+))?")


class NotOnPyPI(ValueError):
    """The package cannot be taken from PyPI; the message says which, why and what to do."""


@dataclass(frozen=True)
class Conda:
    """One line of conda's dependencies: `name` as conda calls it, `line` for pip ("" where wheels bring the thing)."""

    text: str
    name: str
    line: str


def read(text: str) -> Conda:
    """Read a match specification such as ``conda-forge::numpy=1.26``. Raises `NotOnPyPI`.

    https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html
    """
    found = _SPEC.fullmatch(text.strip())
    if found is None:
        raise NotOnPyPI(f"{text!r} is not read here. Write it as name=version.")
    channel, name, rest = found[1] or "", found[2].lower(), found[3] or ""
    if channel and channel.partition("/")[0] not in CHANNELS:
        raise NotOnPyPI(f"{text!r} comes from the channel {channel}, whose packages PyPI does not have.")
    known = pypi_name(name)
    if known is None:
        raise NotOnPyPI(
            f"{text!r} is a conda package of which it is not known whether PyPI has the same. "
            "If it does, move it below pip: under its name there."
        )
    return Conda(text.strip(), name, f"{known}{_versions(text, rest)}" if known else "")


def notes(packages: Sequence[Conda]) -> Iterator[str]:
    """Say what stands here in place of conda's packages, and what is not installed by itself."""
    taken = [f"{one.line} for {one.text}" for one in packages if one.line]
    brought = [one.text for one in packages if not one.line]
    if taken:
        yield f"Taken from PyPI, as wheels, and not from conda's channels as on Azure: {', '.join(taken)}."
    if brought:
        yield f"Not installed by itself, as Python and the wheels bring their own: {', '.join(brought)}."


def pypi_name(name: str) -> str | None:
    """What PyPI calls a conda package; "" for what Python and the wheels bring, None for what is not known."""
    return _names().get(name.lower())


@functools.cache
def _names() -> dict[str, str]:
    known = dict[str, str]()
    for line in _FILE.read_text(encoding="ascii").splitlines():
        kind, _, words = line.partition(" ")
        if kind == "same":
            known |= {name: name.replace("_", "-") for name in words.split()}
        elif kind == "other":
            conda, pypi = words.split()
            known[conda] = pypi
        elif kind == "within":
            known |= dict.fromkeys(words.split(), "")
    return known


def _versions(text: str, rest: str) -> str:
    """Conda's version and build string in pip's words; a build is a file of conda's, and means one exact version."""
    packed = re.sub(r"\s*([=!|,<>~]+)\s*", r"\1", rest.strip())
    if not packed:
        return ""
    found = _VERSION_AND_BUILD.fullmatch(packed)
    if found is None or re.search(r"[|^$()\[\]]", packed):
        raise NotOnPyPI(f"{text!r} says a version in a way that pip can't. Write it as name=version.")
    said = ",".join(one for part in found[1].split(",") if (one := _version(part, bool(found[2]))))
    try:
        SpecifierSet(said)
    except InvalidSpecifier:
        raise NotOnPyPI(
            f"{text!r} has a version that PyPI can't have. Write it as name=version, with numbers."
        ) from None
    return said


def _version(part: str, built: bool) -> str:
    """One condition: `=1.2` is any 1.2, `==1.2` and `1.2` are 1.2 alone, `1.2*` and `1.2.*` any 1.2, `*` anything."""
    operator, bare = re.fullmatch(r"([=!<>~]*)(.*)", part).groups()  # type: ignore[union-attr]
    if bare == "*" and operator in ("", "=", "=="):
        return ""
    if operator in ("", "=", "=="):
        starred = bare.endswith("*") or (operator == "=" and not built)
        return f"=={bare.rstrip('*').rstrip('.')}.*" if starred else f"=={bare}"
    return operator + (bare if operator == "!=" else bare.removesuffix(".*"))
