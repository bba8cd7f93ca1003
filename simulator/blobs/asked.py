"""One request to blob storage as handlers see it, and one answer: no handler touches HTTP itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from simulator.blobs.errors import BlobError
from simulator.state import Resource, State
from simulator.world import World

ROOT_CONTAINER = "$root"
_CONTAINER = re.compile(r"\$root|\$web|\$logs|(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Received:
    """A body that lies on disk; the digests are base64, empty where nobody asked for them."""

    file: str
    size: int
    md5: str = ""
    crc64: str = ""


@dataclass(frozen=True)
class Slice:
    """A stretch of a file on disk."""

    path: Path
    start: int
    size: int


@dataclass
class Grant:
    """What the credentials of a request allow: letters as a SAS has them, at levels (s, c, o)."""

    letters: str = "racwdxltmeopify"
    levels: str = "sco"
    full: bool = False  # an account key: the source of a copy within the account needs nothing more
    who: str = ""  # the object ID behind a token
    fixed: dict[str, str] = field(default_factory=dict)  # response headers that a SAS lays down


@dataclass
class Asked:
    """A request that has been read but not yet judged; ``account`` and ``shelf`` are found at the door."""

    world: World
    name: str
    method: str
    raw_path: str
    container: str
    blob: str
    query: dict[str, str]
    headers: Mapping[str, str]
    client: str = ""
    account: Resource | None = None
    shelf: Resource | None = None
    grant: Grant = field(default_factory=Grant)
    body: bytes = b""
    received: Received | None = None

    @property
    def state(self) -> State:
        """The state behind the world."""
        return self.world.state

    @property
    def host(self) -> str:
        """The account's host with its port."""
        return f"{self.name}.blob.{self.world.blob_suffix}"

    @property
    def level(self) -> str:
        """Where the request aims: the service, a container or an object."""
        return "o" if self.blob else "c" if self.container else "s"

    @property
    def where(self) -> str:
        """The container's key in the store."""
        if self.shelf is None:
            raise BlobError("ContainerNotFound")
        return self.shelf.key

    def header(self, name: str) -> str:
        """Return a header, empty where it is not given."""
        return self.headers.get(name, "").strip()


@dataclass
class Answer:
    """What goes back: a body in memory, or slices of files that are streamed."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    slices: list[Slice] | None = None


def split_path(raw_path: str, query: Mapping[str, str]) -> tuple[str, str]:
    """Return container and blob of a path; one segment alone is a blob of ``$root`` unless it asks for a container.

    Raises:
        BlobError: 400 for names that Azure does not take.
    """
    try:
        whole = unquote(raw_path.removeprefix("/"), errors="strict")
    except UnicodeDecodeError:
        raise BlobError("InvalidUri") from None
    container, _, blob = whole.partition("/")
    if not blob and container and "restype" not in query and query.get("comp") not in {"list", "batch"}:
        container, blob = ROOT_CONTAINER, container
    if container and not 3 <= len(container) <= 63:
        raise BlobError(
            "OutOfRangeInput", "The specified resource name length is not within the permissible limits."
        )
    if container and not _CONTAINER.fullmatch(container):
        raise BlobError("InvalidResourceName")
    if len(blob) > 1024 or blob.count("/") > 254:
        raise BlobError(
            "OutOfRangeInput", "The specified resource name length is not within the permissible limits."
        )
    if "\0" in blob:
        raise BlobError("InvalidUri")
    return container, blob


def split_query(text: str) -> dict[str, str]:
    """Return a query string's parameters, names in lower case; what stands twice is joined by a comma."""
    found: dict[str, list[str]] = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name:
            found.setdefault(unquote(name).lower(), []).append(unquote(value))
    return {name: ",".join(sorted(values)) for name, values in found.items()}
