"""A tree becomes a folder, whole or not at all, or an archive that is the same every time."""

import io
import shutil
import tempfile
import zipfile
from pathlib import Path

from services.scaffold.tree import File, ScaffoldError, Tree

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write(tree: Tree, folder: Path) -> None:
    """Write every file below a folder that is new or empty; on any error nothing is left there."""
    target = folder.expanduser().absolute()
    _refuse_what_is_taken(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{tree.name}-", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        _fill(draft, tree)
        _move(draft, target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def zip_bytes(tree: Tree) -> bytes:
    """The files as a zip archive below one folder; the same tree gives the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as parts:
        for file in sorted(tree.shipped, key=lambda file: file.path):
            parts.writestr(_entry(tree, file), file.content())
    return archive.getvalue()


def _refuse_what_is_taken(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ScaffoldError(f"{target} is not a folder. Name a new one.")
    if target == Path.cwd():
        raise ScaffoldError(f"{target} is the folder you are in. Name a new one below it.")
    try:
        taken = target.exists() and any(target.iterdir())
    except OSError as error:
        raise _unwritable(target, error) from error
    if taken:
        raise ScaffoldError(
            f"{target} is not empty. Name a new folder, so that nothing of yours is overwritten."
        )


def _fill(draft: Path, tree: Tree) -> None:
    for file in tree.shipped:
        path = draft / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content())
        path.chmod(0o755 if file.executable else 0o644)


def _move(draft: Path, target: Path) -> None:
    draft.chmod(0o755)  # mkdtemp lets nobody else in
    if target.exists():
        target.rmdir()  # empty, or this fails; Windows can't rename over a folder
    draft.rename(target)


def _entry(tree: Tree, file: File) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{tree.name}/{file.path}", _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, so that the mode counts, whatever machine makes it
    entry.external_attr = (0o100755 if file.executable else 0o100644) << 16
    return entry


def _unwritable(target: Path, error: OSError) -> ScaffoldError:
    return ScaffoldError(f"{target} could not be written: {error.strerror or error}.")
