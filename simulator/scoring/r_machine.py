"""The R of this machine: it stands in for the R of an image, and its packages for those that a build would install."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from simulator.scoring import bubblewrap, processes
from simulator.scoring.conda import Unsupported
from simulator.scoring.environments import passed_on
from simulator.scoring.r_packages import Wanted

#: Seconds that R has to say what it is.
LONGEST = 60.0
_ASK = """
cat("version", as.character(getRversion()), "\\n")
for (place in c(R.home(), .libPaths())) cat("place", place, "\\n")
found <- utils::installed.packages()[, c("Package", "Version"), drop = FALSE]
cat(paste("package", found[, 1], found[, 2]), sep = "\\n")
"""
DEBIAN = "Debian, Ubuntu: apt-get install"


@dataclass(frozen=True)
class Machine:
    """What there is here to run an image of R with."""

    bubblewrap: str
    rscript: str
    version: str
    places: tuple[str, ...]  # R's own folder first, then its libraries
    packages: dict[str, str]  # name -> version

    @property
    def mounts(self) -> dict[str, Path]:
        """Return what a container has to be shown besides the system's own folders."""
        prefix = Path(os.path.realpath(self.rscript)).parents[1]
        found = [str(prefix), *self.places]
        return {place: Path(place) for place in found if not bubblewrap.is_system(place)}

    @property
    def variables(self) -> dict[str, str]:
        """Return what lets R find libraries that are not the system's."""
        own = [place for place in self.places[1:] if not bubblewrap.is_system(place)]
        return {"R_LIBS": ":".join(own)} if own else {}

    def found(self, wanted: Wanted) -> str:
        """Return a package's name and version as they are here, empty where it is not there."""
        for name, version in self.packages.items():
            same = name == wanted.name or (wanted.loose and name.lower() == wanted.name)
            if same and (not wanted.version or version == wanted.version):
                return f"{name} {version}"
        return ""

    def lacking(self, wanted: list[Wanted]) -> str:
        """Say which packages are missing and what to do, nothing where all are there."""
        names = [_called(one) for one in wanted if not self.found(one)]
        if not names:
            return ""
        debian = " ".join(f"r-cran-{one.name.lower()}" for one in wanted if not self.found(one))
        return (
            f"this machine's R {self.version} lacks what the Dockerfile installs: {', '.join(dict.fromkeys(names))}. "
            f"Install what is missing in R with install.packages, or with the system's packages ({DEBIAN} {debian}), "
            "and deploy again"
        )


async def ask(folder: Path) -> Machine:
    """Look what this machine has; ``folder`` remembers what runs meanwhile.

    Raises:
        Unsupported: bubblewrap or R is missing, or does not work; the text says what to do.
    """
    program, rscript = bubblewrap.find(), shutil.which("Rscript") or ""
    if not rscript:
        raise Unsupported(
            f"the image stands on R, and there is no Rscript on this machine ({DEBIAN} r-base-core r-cran-plumber)"
        )
    if not program:
        raise Unsupported(
            f"a container with a server of its own runs in bubblewrap, and there is none here ({DEBIAN} bubblewrap)"
        )
    code, said = await _run(bubblewrap.trial(program), folder)
    if code:
        raise Unsupported(f"bubblewrap may not do its work on this machine: {_last(said)}")
    code, said = await _run([rscript, "-e", _ASK], folder)
    if code:
        raise Unsupported(f"Rscript does not work on this machine: {_last(said)}")
    return _read(program, rscript, said)


def _read(program: str, rscript: str, said: str) -> Machine:
    lines = [line.split(" ", 1) for line in said.splitlines() if " " in line]
    packages = [rest.split() for word, rest in lines if word == "package"]
    places = [rest.strip() for word, rest in lines if word == "place"]
    version = next((rest.strip() for word, rest in lines if word == "version"), "")
    return Machine(
        program, rscript, version, tuple(places), {one[0]: one[1] for one in packages if len(one) == 2}
    )


async def _run(command: list[str], folder: Path) -> tuple[int, str]:
    process = await processes.start(command, folder, passed_on(), folder)
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(LONGEST):
            said = await process.stdout.read()
            await process.wait()
    except TimeoutError:
        said += f"\nit did not end within {LONGEST:.0f} s".encode()
    finally:
        await processes.stop(process)
        (folder / processes.RECORD).unlink(missing_ok=True)
    return process.returncode or 0, said.decode("utf-8", "replace")


def _last(said: str) -> str:
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it says nothing")


def _called(wanted: Wanted) -> str:
    return f"{wanted.name} {wanted.version}" if wanted.version else wanted.name
