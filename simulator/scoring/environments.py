"""Images, so to speak: one Python environment for each recipe, built once with uv and then only ever read.

A build takes place beside the finished ones and is renamed when it is whole, so a kill leaves nothing half.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from simulator.scoring import processes
from simulator.scoring.conda import Recipe, Unsupported, own_python, recipe_of
from simulator.scoring.failure import no_image
from simulator.scoring.logs import Journal, age

#: What a build may see of our environment: where packages come from, and who to trust.
PASSED = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
)
PREFIXES = ("UV_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
#: Seconds that a build may take: Azure's own limit is of this order.
LONGEST = 1800
#: Seconds that an environment is kept for which nobody asks; a simulator that starts asks for all that it serves.
UNUSED = 30 * 86400.0
#: What uv draws beside its words.
_MARKS = re.compile("[×╰─▶│├⚠]")


class Environments:
    """The environments of one state folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._one_at_a_time = asyncio.Lock()
        #: Containers that may start at the same time: after a restart of the simulator all want to.
        self.starts = asyncio.Semaphore(3)

    def clean(self) -> None:
        """Remove what a killed build has left, and what nobody has asked for in a long time."""
        old = [one for one in self.folder.glob("*") if time.time() - one.stat().st_mtime > UNUSED]
        for path in [*self.folder.glob(".building-*"), *old]:
            shutil.rmtree(path, ignore_errors=True)

    async def get(self, asked: dict[str, str], journal: Journal) -> Path:
        """Return the environment of an environment version, building it when there is none.

        Raises:
            Unsupported: it asks for what the rehearsal cannot build.
        Failure: ImageBuildFailure with the reason; the whole story is in the build log.
        """
        recipe = _recipe(asked)
        for note in recipe.notes:
            journal.write("build", note)
            journal.event("PackagesFromPyPI", note)  # of a build that succeeds only events are shown
        done = self.folder / recipe.mark
        async with self._one_at_a_time:
            if not done.exists():
                await self._build(recipe, done, journal)
            else:
                journal.write("build", f"The image {recipe.mark} is there already.")
                os.utime(done)
        return done

    async def _build(self, recipe: Recipe, done: Path, journal: Journal) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        since, place = time.monotonic(), Path(tempfile.mkdtemp(prefix=".building-", dir=self.folder))
        try:
            await _install(recipe, place, journal.writer("build"))
            await _compile(place, done)
            journal.write("build", f"The image {recipe.mark} was built in {age(since)}.")
            (place / processes.RECORD).unlink(missing_ok=True)
            place.rename(done)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def find_uv() -> str:
    """Return the path of uv: beside our own Python, where its package puts it, or on the PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise no_image("uv is not installed; install it with 'pip install uv'")
    return found


def passed_on() -> dict[str, str]:
    """Return what a build may know of our environment: no secret of ours is among it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED or name.upper().startswith(PREFIXES)
    }
    mark = {"GROUNDPLAN_HOME": os.environ["GROUNDPLAN_HOME"]} if "GROUNDPLAN_HOME" in os.environ else {}
    return kept | mark | {"NO_COLOR": "1"}


def _recipe(asked: dict[str, str]) -> Recipe:
    if not asked:
        raise Unsupported(
            "the deployment names no environment, and the rehearsal makes none for MLflow models"
        )
    if asked.get("routes"):
        raise Unsupported(
            f"the image {asked.get('image')} is a container with a server of its own, which the rehearsal cannot run. "
            "Of such it runs those that are built from a Dockerfile on an image of R"
        )
    return recipe_of(asked.get("conda", ""))


async def _install(recipe: Recipe, place: Path, tell: Callable[[str], None]) -> None:
    uv, python = find_uv(), place / "bin" / "python"
    wanted = sys.executable if recipe.python == own_python() else recipe.python
    tell(f"Python {recipe.python}; packages: {', '.join(recipe.lines) or 'none'}")
    listed = place / "requirements.txt"
    make = [uv, "venv", "--quiet", "--relocatable", "--allow-existing", "--python", wanted, "."]
    await _run(make, place, tell, f"there is no Python {recipe.python} to be had: ")
    listed.write_text("".join(f"{line}\n" for line in recipe.lines), "utf-8")
    # Wheels alone: Azure builds packages in a container, here their code would run beside the user's own files; and so
    # would what they put into .pth files, when uv compiles them.
    apart = ["--no-build", "--no-compile-bytecode"]
    install = [uv, "pip", "install", "--no-progress", *apart, "--python", str(python)]
    if recipe.lines:
        await _run([*install, "-r", str(listed)], place, tell)


async def _compile(place: Path, done: Path) -> None:
    """Compile packages with the Python below the environment, which runs nothing of theirs; what can't be is left."""
    python = os.path.realpath(place / "bin" / "python")
    words = ["-I", "-S", "-m", "compileall", "-q", "-j", "0", "-s", str(place), "-p", str(done)]
    process = await processes.start([python, *words, str(place / "lib")], place, passed_on(), place)
    try:
        async with asyncio.timeout(LONGEST):
            await _follow(process, lambda line: None)
    except TimeoutError:
        pass
    finally:
        await processes.stop(process)


async def _run(command: list[str], place: Path, tell: Callable[[str], None], what: str = "") -> None:
    """Run one step of a build; its output goes to the log as it comes."""
    process = await processes.start(command, place, passed_on(), place)
    try:
        async with asyncio.timeout(LONGEST):
            last = await _follow(process, tell)
    except TimeoutError:
        raise no_image(f"it took longer than {LONGEST} s") from None
    finally:
        await processes.stop(process)
    if process.returncode:
        raise no_image(what + last or f"uv ended with code {process.returncode}")


async def _follow(process: asyncio.subprocess.Process, tell: Callable[[str], None]) -> str:
    """Pass on what a program says, and return what it complains of."""
    said: list[str] = []
    assert process.stdout is not None
    while raw := await process.stdout.readline():
        line = raw.decode("utf-8", "replace").rstrip()
        tell(line)
        said.append(_MARKS.sub("", line).strip())
    await process.wait()
    return " ".join(line for line in said[-12:] if line)[:1000]
