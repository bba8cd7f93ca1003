"""The noun `Handler`: the files that answer requests with a model, and what their environment asks for."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import yaml

# The files that say what is installed; all others are code.
ENVIRONMENT = ("conda.yaml", "requirements.txt", "Dockerfile")
_PYTHON = re.compile(r"python\s*={1,2}\s*(\d+(?:\.\d+)*)(?:\.\*)?")


@dataclass(frozen=True)
class Handler:
    """Files by name. In Python: score.py, conda.yaml, requirements.txt; in R: plumber.R, Dockerfile; and helper modules.

    What Azure builds is `conda.yaml` (`Dockerfile` in R); `requirements.txt` says the same for pip.
    """

    language: Literal["python", "r"]
    entry: str
    files: Mapping[str, str]

    @property
    def code(self) -> dict[str, str]:
        """The files that are uploaded as the deployment's code, by name."""
        return {name: text for name, text in self.files.items() if name not in ENVIRONMENT}

    @cached_property
    def conda(self) -> Mapping[str, Any]:
        """conda.yaml as it reads; empty where there is none or where it can't be read."""
        try:
            read = yaml.safe_load(self.files.get("conda.yaml", ""))
        except yaml.YAMLError:
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def python(self) -> str:
        """The Python version that conda.yaml asks for, such as "3.11"; "" where it names none."""
        found = (_PYTHON.fullmatch(one.strip()) for one in self._asked if isinstance(one, str))
        return next((match[1] for match in found if match), "")

    @property
    def requirements(self) -> tuple[str, ...]:
        """The pip lines of conda.yaml in order, options included."""
        lists = (one["pip"] for one in self._asked if isinstance(one, dict) and "pip" in one)
        return tuple(str(line) for lines in lists if isinstance(lines, list) for line in lines)

    @property
    def digest(self) -> str:
        """SHA-256 over the code: names and contents."""
        return _digest(sorted(self.code.items()))

    @property
    def environment_digest(self) -> str:
        """SHA-256 over what is installed: a comment or an empty line in conda.yaml or the Dockerfile changes nothing."""
        if self.language == "r":
            return _digest(list(_instructions(self.files.get("Dockerfile", ""))))
        return _digest(self.conda or self.files.get("conda.yaml", ""))

    @property
    def _asked(self) -> list[Any]:
        asked = self.conda.get("dependencies")
        return asked if isinstance(asked, list) else []


def _instructions(dockerfile: str) -> Iterable[str]:
    lines = (line.rstrip() for line in dockerfile.splitlines())
    return (line for line in lines if line and not line.lstrip().startswith("#"))


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
