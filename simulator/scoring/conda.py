"""A conda file, read as far as the rehearsal goes: a Python version, packages for pip, and conda's that PyPI has, too.

There is no conda here, which the build log says. What cannot be had is refused: a package that is silently left out
would make the rehearsal lie.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from typing import Any

import yaml

from simulator.scoring.conda_packages import NotOnPyPI, Package, notes, read

SERVER = "azureml-inference-server-http"
#: What an environment gets that names an image and no conda file.
DEFAULT = (SERVER, "numpy", "scikit-learn", "joblib")
#: Conda's own tools: an environment has them, and nobody scores with them.
TOOLS = frozenset({"pip", "setuptools", "wheel"})


class Unsupported(Exception):
    """The rehearsal cannot build this; the text says what and what to do."""


@dataclass(frozen=True)
class Recipe:
    """What an environment is built from."""

    python: str  # "3.11"
    lines: tuple[str, ...]  # of a requirements file
    notes: tuple[str, ...] = ()  # for the build log: where this is not what Azure builds

    @property
    def mark(self) -> str:
        """A name that only the same recipe has."""
        text = json.dumps([self.python, sorted(self.lines)])
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def recipe_of(conda: str) -> Recipe:
    """Read a conda file (YAML or JSON); an empty one gives the default set.

    Raises:
        Unsupported: it asks for something that PyPI is not known to have.
    """
    if not conda.strip():
        return Recipe(own_python(), DEFAULT)
    try:
        found = yaml.safe_load(conda)
    except yaml.YAMLError as wrong:
        raise Unsupported(f"the conda file is not valid YAML: {wrong}") from None
    dependencies = found.get("dependencies") if isinstance(found, dict) else None
    if not isinstance(dependencies, list):
        raise Unsupported("the conda file has no list of dependencies")
    python, lines, packages, refused = own_python(), list[str](), list[Package](), list[str]()
    for one in dependencies:
        if isinstance(one, dict):
            lines += _pip_lines(one)
        elif (name := _name(one)) == "python":
            python = _python(str(one)) or python
        elif name not in TOOLS:
            try:
                packages.append(read(str(one)))
            except NotOnPyPI as why:
                refused.append(str(why))
    if refused:
        raise Unsupported(f"the rehearsal has no conda, and takes packages from PyPI: {'; '.join(refused)}")
    return Recipe(python, (*_conda_lines(packages), *lines), tuple(notes(packages)))


def own_python() -> str:
    """Return the version of Python that the simulator itself runs with."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _conda_lines(packages: list[Package]) -> list[str]:
    """Return lines that have the same packages installed as wheels: conda's are built, too."""
    return [text for one in packages if one.pypi for text in (f"--only-binary {one.pypi}", one.line)]


def _pip_lines(part: dict[str, Any]) -> list[str]:
    other = sorted(set(part) - {"pip"})
    if other:
        raise Unsupported(f"the conda file has dependencies of an unknown kind: {', '.join(map(str, other))}")
    lines = part.get("pip") or []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Unsupported("the conda file's pip section is no list of packages")
    return [line.strip() for line in lines if line.strip()]


def _name(text: Any) -> str:
    """Return a conda package's name: ``conda-forge::python >=3.11`` is python."""
    return re.split(r"[\s=<>!~\[]", str(text).rpartition("::")[2].strip(), maxsplit=1)[0].lower()


def _python(text: str) -> str:
    found = re.search(r"(\d+\.\d+(?:\.\d+)?)", text)
    if found is None:
        return ""
    operator = re.search(r"[=<>!~]+", text)
    if operator and operator[0] not in {"=", "==", "~=", ">="}:
        raise Unsupported(f"'{text}' names no version of Python: pin it, as in python=3.11")
    return found[1]
