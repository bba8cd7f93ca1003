"""An image that stands on R, built as far as a machine without Docker can: files are copied, the rest is this machine's.

Each line of the Dockerfile is told in the build log with what was done in its stead; what cannot be done ends the build.
"""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.scoring import bubblewrap
from simulator.scoring.conda import Unsupported
from simulator.scoring.dockerfile import PATH, Dockerfile, Step, wrong
from simulator.scoring.r_machine import Machine
from simulator.scoring.r_packages import Wanted, work_of

Tell = Callable[[str], None]
#: Images that bring R: whole families by their beginning, others by name.
_FAMILIES = ("rocker/", "rocker-org/", "posit/r-", "rstudio/r-")
_IMAGES = frozenset({"r-base", "rstudio/plumber", "rhub/r-minimal"})
#: Image -> packages that it brings, and that a container would count on.
_BRINGS = {"rstudio/plumber": ("plumber",), "rocker/tidyverse": ("tidyverse",), "rocker/shiny": ("shiny",)}
#: Image -> its entry point, when the Dockerfile says none: the file that CMD names is served.
_STARTS = {
    "rstudio/plumber": (
        "Rscript", "-e", "plumber::pr_run(plumber::plumb(commandArgs(TRUE)[1]), host = '0.0.0.0', port = 8000)",
    ),
}  # fmt: skip
_INSTEAD = {
    "USER": "the container runs as the user that runs the simulator",
    "VOLUME": "a folder of the container as any other",
    "HEALTHCHECK": "Azure probes by the routes of the inferenceConfig instead",
    "STOPSIGNAL": "without effect in the rehearsal",
    "ONBUILD": "without effect on this image",
}


@dataclass
class Image:
    """What a container of R is started from."""

    root: Path  # its files, but for those of this machine
    machine: Machine
    base: str
    command: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    folder: str = "/"


def check_base(asked: Dockerfile) -> None:
    """Refuse an image that does not stand on R.

    Raises:
        Unsupported: it does not.
    """
    name = _plain(asked.base)
    if name not in _IMAGES and not name.startswith(_FAMILIES):
        raise Unsupported(
            f"the environment is built from a Dockerfile on {asked.base}, which the rehearsal cannot do: without Docker it "
            "runs images that stand on R alone (rocker/..., r-base, rstudio/plumber). "
            "For Python, name an image and a conda file"
        )


def build(asked: Dockerfile, context: Path, root: Path, machine: Machine, tell: Tell) -> Image:
    """Walk through a Dockerfile and lay out the image's files; it may run in a thread.

    Raises:
        Unsupported: a line cannot be done, or packages are missing.
    """
    bubblewrap.begin(root)
    base, whole = _plain(asked.base), len(asked.steps) + 1
    brought = [Wanted(name) for name in _BRINGS.get(base, ())]
    tell(f"Step 1/{whole} : FROM {asked.base}")
    tell(f" ---> R {machine.version} of this machine stands in for the image and all that it brings")
    missing = [one for one in brought if not machine.found(one)]
    for number, step in enumerate(asked.steps, 2):
        tell(f"Step {number}/{whole} : {step.word} {step.text}")
        try:
            missing += _do(step, context, root, machine, tell)
        except OSError as failed:
            raise wrong(step, f"it cannot be done: {failed.strerror or failed}") from None
    if why := machine.lacking(missing):
        raise Unsupported(why)
    folder = root / asked.folder[1:]
    folder.mkdir(parents=True, exist_ok=True)
    variables = {
        "PATH": _path(machine),
        "LANG": "C.UTF-8",
        "TZ": "Etc/UTC",
        "HOME": "/root",
        **machine.variables,
    }
    return Image(root, machine, asked.base, _command(asked, base), variables | asked.variables, asked.folder)


def _do(step: Step, context: Path, root: Path, machine: Machine, tell: Tell) -> list[Wanted]:
    """Do one step as far as it can be done, tell how, and return the packages that it misses."""
    if step.word in {"COPY", "ADD"}:
        count = _copy(step, context, root)
        tell(f" ---> copied {count} file{'' if count == 1 else 's'}")
        if set(step.flags) & {"chown", "chmod"}:
            tell(" ---> owner and mode stay as they are on this machine")
    elif step.word == "RUN":
        return _run(step, root, machine, tell)
    elif step.word == "WORKDIR":
        _inside(step, root, step.words[0]).mkdir(parents=True, exist_ok=True)
    elif step.word in _INSTEAD:
        tell(f" ---> {_INSTEAD[step.word]}")
    return []


def _run(step: Step, root: Path, machine: Machine, tell: Tell) -> list[Wanted]:
    """Take from this machine what a RUN line would bring; the line itself is not run."""
    work = work_of(step)
    for folder in work.folders:
        _inside(step, root, folder).mkdir(parents=True, exist_ok=True)
        tell(f" ---> made the folder {folder}")
    if work.system:
        tell(f" ---> not installed: this machine's own system serves instead of {', '.join(work.system)}")
    if found := [text for one in work.packages if (text := machine.found(one))]:
        tell(f" ---> taken from this machine: {', '.join(found)}")
    missing = [one for one in work.packages if not machine.found(one)]
    if missing:
        tell(f" ---> not on this machine: {', '.join(one.name for one in missing)}")
    if not work.folders and not work.system and not work.packages:
        tell(" ---> not run: it leaves nothing that the container needs")
    return missing


def _copy(step: Step, context: Path, root: Path) -> int:
    """Copy files of the build context into the image as COPY does, and return how many."""
    for flag in sorted(set(step.flags) - {"chown", "chmod", "link"}):
        raise wrong(
            step, f"{step.word} --{flag} is not supported in the rehearsal; copy from the build context"
        )
    *sources, target = step.words
    if not sources:
        raise wrong(step, f"{step.word} needs a source and a target")
    found = [path for source in sources for path in _sources(step, context, source)]
    place = _inside(step, root, target)
    into = target.endswith(("/", "/.")) or target == "." or place.is_dir() or len(found) > 1
    for path in found:
        if path.is_dir():
            shutil.copytree(path, place, dirs_exist_ok=True)
        else:
            goal = place / path.name if into else place
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, goal)
    return sum(sum(1 for one in path.rglob("*") if one.is_file()) if path.is_dir() else 1 for path in found)


def _sources(step: Step, context: Path, source: str) -> list[Path]:
    if step.word == "ADD" and ("://" in source or source.endswith((".tar", ".tgz", ".gz", ".bz2", ".xz"))):
        raise wrong(
            step, f"ADD of '{source}' is not supported in the rehearsal; put its files into the build context"
        )
    pattern = posixpath.normpath("/" + source)[1:]
    found = sorted(context.glob(pattern)) if pattern else [context]
    if not found:
        raise wrong(step, f"there is no '{source}' in the build context")
    return found


def _inside(step: Step, root: Path, place: str) -> Path:
    """Return where a path of the image lies; nothing leads out of it."""
    found = (root / posixpath.normpath(posixpath.join("/", step.folder, place)).lstrip("/")).resolve()
    if not found.is_relative_to(root.resolve()):
        raise wrong(step, f"'{place}' leads out of the image")
    return found


def _command(asked: Dockerfile, base: str) -> tuple[str, ...]:
    """Return what the container starts: its entry point with the command behind it."""
    entry = asked.entrypoint if asked.entrypoint is not None else _STARTS.get(base, ())
    if not asked.command and not asked.entrypoint:
        raise Unsupported(
            "the Dockerfile starts no server: end it with a CMD such as "
            """["Rscript", "-e", "plumber::pr_run(plumber::plumb('/api/plumber.R'), host = '0.0.0.0', port = 8000)"]"""
        )
    shell = asked.entrypoint is not None and asked.entrypoint[:2] == ("/bin/sh", "-c")
    return entry if shell else (*entry, *(asked.command or ()))


def _path(machine: Machine) -> str:
    own = str(Path(machine.rscript).parent)
    return PATH if own in PATH.split(":") else f"{own}:{PATH}"


def _plain(image: str) -> str:
    """Return an image's name in small letters, without its registry, tag and digest."""
    name = image.partition("@")[0]
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        name = rest
    family, slash, name = name.rpartition("/")
    return f"{family}{slash}{name.partition(':')[0]}".lower().removeprefix("library/")
