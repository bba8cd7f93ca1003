"""Which Python and which packages a handler asks for, and what it may not ask: everything is a wheel from an index.

There is no conda here: conda packages that PyPI has are taken from there, and the notes say so.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from services.models import conda_packages
from services.models.conda_packages import Conda, NotOnPyPI
from services.models.hashing import digest_of

CONDA = "conda.yaml"
_OPTIONS = {
    "--index-url": "--index-url", "-i": "--index-url", "--extra-index-url": "--extra-index-url",
    "--find-links": "--find-links", "-f": "--find-links", "--pre": "--prerelease=allow",
}  # fmt: skip
_TOOLS = ("pip", "setuptools", "wheel")
_MINOR = re.compile(r"\d+\.\d+")


class Unsupported(Exception):
    """The environment asks for something that is not built on this machine; the message says what and what to do."""


@dataclass(frozen=True)
class Wanted:
    """A Python of a minor version ("3.11"), requirement lines, and uv's options for where packages come from.

    `notes` say where this is not what Azure builds.
    """

    python: str
    lines: tuple[str, ...]
    options: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of what is asked, whatever its order."""
        return digest_of({"python": self.python, "lines": sorted(self.lines), "options": self.options})


def of_files(files: Mapping[str, str]) -> Wanted:
    """What a Python handler's files ask for: the conda.yaml that Azure builds from. Raises `Unsupported`."""
    if CONDA not in files:
        raise Unsupported(
            f"The handler has no {CONDA}. Go back to the generated one on the page API handler."
        )
    return of_conda(files[CONDA])


def of_conda(text: str) -> Wanted:
    """Read a conda.yaml. Packages of conda become those of PyPI; what is not known to be there is refused."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Unsupported(
            f"{CONDA} is not YAML: {_first_line(error)}. Mend it on the page API handler."
        ) from None
    found = data.get("dependencies") if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise Unsupported(f'{CONDA} needs "dependencies": a list with python=3.11, pip and the pip packages.')
    python, lines, conda = "", list[str](), list[Conda]()
    for one in found:
        if isinstance(one, dict):
            lines += _pip_lines(one)
        elif (name := _name(str(one))) == "python":
            python = str(one).strip().rpartition("::")[2][len(name) :].lstrip("= ") or python
        elif name not in _TOOLS:
            conda.append(_conda(str(one)))
    lines = [one.line for one in conda if one.line] + lines
    return replace(_wanted(python, lines), notes=tuple(conda_packages.notes(conda)))


def _pip_lines(entry: Mapping[str, Any]) -> list[str]:
    lines = entry.get("pip")
    if set(entry) != {"pip"} or not isinstance(lines, list):
        named = ", ".join(map(str, entry))
        raise Unsupported(f'{CONDA}: only "pip:" with a list may stand below dependencies, not {named}.')
    return [str(line) for line in lines]


def _name(line: str) -> str:
    """The name in a line of conda: ``conda-forge::python >=3.11`` is python."""
    return re.split(r"[\s=<>!~\[]", line.rpartition("::")[2].strip(), maxsplit=1)[0].lower()


def _conda(line: str) -> Conda:
    try:
        return conda_packages.read(line)
    except NotOnPyPI as error:
        raise Unsupported(f"{CONDA}: {error}") from None


def _wanted(python: str, lines: Iterable[str]) -> Wanted:
    minor = _MINOR.search(python or "")
    if minor is None or re.search("[<>!~,|]", python):
        raise Unsupported(
            f"The environment must name one Python, such as python=3.11 (given: {python or 'none'})."
        )
    packages, options = list[str](), list[str]()
    for line in lines:
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if text.startswith("-"):
            options += _option(text)
        elif text:
            packages.append(_package(text))
    return Wanted(minor.group(), tuple(packages), tuple(options))


def _option(text: str) -> list[str]:
    name, _, value = text.replace("=", " ", 1).partition(" ")
    if name not in _OPTIONS:
        raise Unsupported(
            f"The pip option {text!r} is not taken here. Name packages with their versions; "
            f"{', '.join(key for key in _OPTIONS if key.startswith('--'))} say where they come from."
        )
    return [_OPTIONS[name], value.strip()] if value else [_OPTIONS[name]]


def _package(text: str) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        raise Unsupported(f"{text!r} is no requirement. Write it as name==version.") from None
    if requirement.url:
        raise Unsupported(
            f"{requirement.name} comes from an address ({requirement.url}). Only packages of an index are installed: "
            "what an address holds would run here, outside the sandbox."
        )
    return text


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
