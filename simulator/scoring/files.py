"""The storage initializer: a model's files and its code, taken from blob storage and laid out as Azure lays them.

https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints#understand-the-scoring-script
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from simulator.blobs import store
from simulator.scoring.failure import no_files
from simulator.scoring.logs import Journal
from simulator.scoring.spec import Spec
from simulator.world import World

_LONG = re.compile(r"azureml://subscriptions/.+?/workspaces/[^/]+/datastores/([^/]+)/paths/(.+)", re.I)
_SHORT = re.compile(r"azureml://datastores/([^/]+)/paths/(.+)", re.I)


@dataclass(frozen=True)
class Place:
    """A blob, or all blobs below a prefix."""

    account: str
    container: str
    path: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Layout:
    """Where a container finds its files."""

    root: Path

    @property
    def home(self) -> Path:
        """Its home folder."""
        return self.root / "home"

    @property
    def scratch(self) -> Path:
        """Its folder for temporary files."""
        return self.root / "tmp"

    def app(self, spec: Spec) -> Path:
        """AML_APP_ROOT: the folder of the code, with its own name."""
        name = PurePosixPath(urlsplit(spec.code).path).name if spec.code else ""
        return self.root / "azureml-app" / (_safe(unquote(name)) or "code")

    def model(self, spec: Spec) -> Path:
        """AZUREML_MODEL_DIR: it holds the file or the folder that the model is."""
        top = self.root / _safe_path(spec.mount_path or "azureml-app/azureml-models")
        return top / _safe(spec.model.get("name", "")) / _safe(spec.model.get("version", ""))


@dataclass(frozen=True)
class Load:
    """Files that stand ready to be copied into a container."""

    what: str
    uri: str
    found: tuple[store.Stored, ...]
    target: Path


def find(world: World, spec: Spec, layout: Layout, journal: Journal) -> list[Load]:
    """Return what a container has to be given: its model and its code.

    Raises:
        Failure: something is not there, or not where the rehearsal can look.
    """
    loads = []
    for what, uri, target in (
        ("model", spec.model.get("uri", ""), layout.model(spec)),
        ("code", spec.code, layout.app(spec)),
    ):
        if uri or (what == "model" and spec.model):
            loads.append(_load(world, spec, what, uri, target, journal))
    return loads


def mount(loads: list[Load], spec: Spec, layout: Layout, journal: Journal) -> None:
    """Lay out a container's files, from scratch; it touches no state, so it may run in a thread.

    Raises:
        Failure: a blob's name leads out of its folder, or the disk is full.
    """
    shutil.rmtree(layout.root, ignore_errors=True)
    for folder in (layout.home, layout.scratch, layout.app(spec), layout.model(spec)):
        folder.mkdir(parents=True)
    for load in loads:
        written = write(load)
        size = sum(one.size for one in load.found)
        many = f"{len(written)} file{'s' if len(written) > 1 else ''}, {size} bytes"
        journal.write("storage", f"Mounted the {load.what} at {load.target}: {many}")


def find_context(world: World, spec: Spec, uri: str, target: Path, journal: Journal) -> Load:
    """Return the build context that an environment names.

    Raises:
        Failure: it is not there, or not where the rehearsal can look.
    """
    return _load(world, spec, "build context", uri, target, journal)


def write(load: Load) -> list[Path]:
    """Write what stands ready and return the files; it touches no state, so it may run in a thread.

    Raises:
        Failure: a blob's name leads out of its folder, or the disk is full.
    """
    try:
        return store.write_out(load.found, load.target)
    except (ValueError, OSError) as wrong:
        raise no_files(f"Unable to download user {load.what}: {wrong}") from None


def place_of(world: World, workspace: str, uri: str) -> Place:
    """Return where an address of Azure Machine Learning points to.

    Raises:
        Failure: it points to nothing that the rehearsal has.
    """
    found = _LONG.fullmatch(uri) or _SHORT.fullmatch(uri)
    if found is not None:
        store = world.state.get(f"{workspace}/datastores/{found[1]}")
        if store is None:
            raise no_files(f"Unable to download user model: there is no datastore '{found[1]}'")
        given = store.body["properties"]
        return Place(given.get("accountName") or "", given.get("containerName") or "", unquote(found[2]))
    parts = urlsplit(uri)
    if parts.scheme != "https" or not parts.hostname:
        raise no_files(f"Unable to download user model: the rehearsal cannot read from '{uri}'")
    steps = unquote(parts.path).strip("/").split("/")
    account, dot, _ = parts.hostname.partition(".blob.")
    if not dot:
        account, steps = steps[0], steps[1:]
    return Place(account, steps[0] if steps else "", "/".join(steps[1:]))


def _load(world: World, spec: Spec, what: str, uri: str, target: Path, journal: Journal) -> Load:
    place = place_of(world, spec.workspace, uri)
    journal.write("storage", f"Downloading {what} from {uri}")
    found = store.files(world, place.account, place.container, place.path)
    if not found:
        place_text = f"'{place.path}' in container '{place.container}' of storage account '{place.account}'"
        journal.write("storage", f"Nothing is at {place_text}")
        raise no_files(f"Unable to download user {what}: nothing is at {place_text}")
    # A model that is a folder keeps the folder's name; a file stands in AZUREML_MODEL_DIR itself.
    inside = target / place.name if what == "model" and not _is_file(world, place) else target
    return Load(what, uri, tuple(found), inside)


def _is_file(world: World, place: Place) -> bool:
    key = store.container_key(world.state, place.account, place.container)
    return store.get(world.state, key, place.path) is not None


def _safe(name: str) -> str:
    return "" if name in {".", ".."} else re.sub(r"[^\w.\-]", "_", name)


def _safe_path(path: str) -> Path:
    return Path(*[part for part in (_safe(part) for part in path.split("/")) if part])
