"""The nouns of a project's repository: its files, whom each calls, where each runs, and what lies outside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from services.catalogue.base import Layer

Runs = Literal["your machine", "pipeline", "cloud", "nowhere"]
Verb = Literal["reads", "writes", "imports", "runs", "sends", "deploys to", "describes"]


class ScaffoldError(RuntimeError):
    """A repository that could not be written; the message says why and what to do."""


@dataclass(frozen=True)
class Call:
    """What a file does to another file (by path) or to a place (by key)."""

    verb: Verb
    target: str


@dataclass(frozen=True)
class File:
    """One file. `runs` is "nowhere" for data and documents; `render` is None for what a run of the project makes."""

    path: str
    purpose: str
    runs: Runs
    layer: Layer
    calls: tuple[Call, ...] = ()
    render: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)
    executable: bool = False

    @property
    def key(self) -> str:
        """The path: what calls and graphs name it by."""
        return self.path

    @property
    def shipped(self) -> bool:
        """Whether the scaffold writes it; the model file, for one, is made by training."""
        return self.render is not None

    def content(self) -> bytes:
        """The file's bytes; an error for a file that only a run makes."""
        if self.render is None:
            raise ScaffoldError(f"{self.path} is made by running the project, not by the scaffold.")
        return self.render()


@dataclass(frozen=True)
class Place:
    """Something outside the repository that its files read or change, such as the online endpoint."""

    key: str
    label: str
    name: str
    layer: Layer


@dataclass(frozen=True)
class Tree:
    """A whole repository, sorted by path; `name` is the folder's name, in ASCII."""

    name: str
    project: str
    digest: str
    files: tuple[File, ...]
    places: tuple[Place, ...] = ()

    def __iter__(self) -> Iterator[File]:
        return iter(self.files)

    def __getitem__(self, path: str) -> File:
        return self._by_path[path]

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    @cached_property
    def _by_path(self) -> dict[str, File]:
        return {file.path: file for file in self.files}

    @property
    def shipped(self) -> tuple[File, ...]:
        """The files that are written."""
        return tuple(file for file in self.files if file.shipped)

    @property
    def edges(self) -> tuple[tuple[str, str, str], ...]:
        """Every call as (from, verb, to)."""
        return tuple((file.path, call.verb, call.target) for file in self.files for call in file.calls)

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder that holds a file, each after the one that it lies in."""
        parts = [file.path.split("/")[:-1] for file in self.files]
        return tuple(sorted({"/".join(p[: i + 1]) for p in parts for i in range(len(p))}))
