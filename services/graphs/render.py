"""Formats: the layout is done by graphviz-pure, a program that comes as a wheel, so nobody needs Debian's graphviz."""

import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from xml.etree import ElementTree

from services.graphs import glyphs, icons, png_icons, svg_dress
from services.graphs.graph import Graph, GraphError
from services.graphs.mermaid import mermaid

PROGRAM = "graphviz-pure"
TIMEOUT_S = 20.0
DPI = 144


@lru_cache(maxsize=256)
def svg(graph: Graph) -> str:
    """The drawing as one self-contained SVG text: icons inside, ids on nodes, no script, scaled by its viewBox."""
    return svg_dress.dress(_layout(graph.source, "svg"), graph)


@lru_cache(maxsize=16)
def png(graph: Graph) -> bytes:
    """The drawing as PNG at 144 dots an inch.

    The program's own fonts know Latin, Greek, Cyrillic and Hebrew; other scripts become boxes, which SVG does not know.
    """
    drawn = _layout(graph.source, "png", f"-Gdpi={DPI}")
    return png_icons.put(drawn, svg_dress.images(_layout(graph.source, "svg")), DPI / 72)


def missing_glyphs(graph: Graph) -> list[str]:
    """Characters of the drawing that its PNG shows as boxes, because the program's fonts lack them; SVG shows them."""
    shown = "".join(t.text or "" for t in ElementTree.fromstring(svg(graph)).iter(f"{{{svg_dress.SVG}}}text"))
    return glyphs.lacking(shown, lambda source: _layout(source, "png", "-Gdpi=72"))


def dot(graph: Graph) -> str:
    """The DOT source, for any Graphviz."""
    return graph.source


FORMATS: dict[str, Callable[[Graph], str | bytes]] = {".svg": svg, ".png": png, ".dot": dot, ".mmd": mermaid}


def write(graph: Graph, path: Path) -> None:
    """Write the file whole or not at all, in the format of its suffix: .svg, .png, .dot or .mmd."""
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise GraphError(
            f"{path.name}: a graph is written as {', '.join(FORMATS)}. Name the file graph.svg, for example."
        )
    content = form(graph)
    data = content if isinstance(content, bytes) else content.encode()
    try:
        _replace(path, data)
    except OSError as error:
        raise GraphError(f"{path} could not be written: {error.strerror or error}.") from error


def _replace(path: Path, data: bytes) -> None:
    """Write beside the target and rename, so that a full disk leaves the old file as it was."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _layout(source: str, form: str, *options: str) -> bytes:
    command = [program(), f"-T{form}", f"-Gimagepath={icons.FOLDER}", *options]
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise GraphError(f"The graph took longer than {TIMEOUT_S:g} s to lay out. Try again.") from error
    except OSError as error:
        raise GraphError(
            f"{PROGRAM} could not be started: {error}. Run: pip install -r requirements.txt"
        ) from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise GraphError(
            f"{PROGRAM} could not lay the graph out: {said[0] if said else f'exit code {done.returncode}'}"
        )
    return done.stdout


@cache
def program() -> str:
    """The path of the layout program: from this environment's scripts, else from PATH."""
    found = shutil.which(PROGRAM, path=sysconfig.get_path("scripts")) or shutil.which(PROGRAM)
    if found is None:
        raise GraphError(f"{PROGRAM} is not installed. Run: pip install -r requirements.txt")
    return found
