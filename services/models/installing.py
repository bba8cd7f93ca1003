"""Runs uv and says what it does: its own lines become counts, its own errors plain words."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import uv

from services.models.sandbox import dies_with_us

Note = Callable[[str], None]

# How pip's settings are called in uv, so that a package index that is set for pip counts here, too.
_SETTINGS = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
}
_COMMAS = ("UV_FIND_LINKS",)  # where pip parts by spaces and uv by commas
_FORGET = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON")


class BuildFailed(Exception):
    """An environment could not be built: what to do in plain words, and the program's own answer."""

    def __init__(self, message: str, answer: str = "") -> None:
        super().__init__(message)
        self.answer = answer


def run(words: Sequence[str], folder: Path, note: Note | None = None) -> list[str]:
    """Run uv in a folder and give its lines, each told to `note` as it comes. Raises `BuildFailed`."""
    line = [uv.find_uv_bin(), "--color", "never", *words]
    process = subprocess.Popen(
        line, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=dies_with_us, start_new_session=True,
    )  # fmt: skip
    lines: list[str] = []
    try:
        assert process.stdout
        for text in process.stdout:
            lines.append(text.rstrip())
            if note:
                note(text.rstrip())
        process.wait()
    finally:
        process.kill()  # nothing happens when it has ended; it has not when we are told to stop
        process.wait()
    if process.returncode:
        raise BuildFailed(explain("\n".join(lines)), "\n".join(lines[-40:]))
    return lines


def compile_bytecode(python: Path, folder: Path, place: Path) -> None:
    """Compile the packages in `folder`, which will lie in `place`: a read-only sandbox can't keep any bytecode.

    The base Python does it, without site: that of the environment would run what packages put into .pth files, and here
    is no sandbox. A file that can't be compiled is left as it is.
    """
    words = [
        "-I",
        "-S",
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        "-s",
        str(folder),
        "-p",
        str(place),
        str(folder / "lib"),
    ]
    process = subprocess.Popen(
        [python, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=dies_with_us, start_new_session=True,
    )  # fmt: skip
    try:
        process.wait()
    finally:
        process.kill()
        process.wait()


class Counting:
    """Turns uv's lines into one sentence of how far it is."""

    def __init__(self, say: Note) -> None:
        self._say = say
        self._begun: list[str] = []
        self._done = 0

    def __call__(self, line: str) -> None:
        """Take one line of uv."""
        if found := re.match(r"Resolved (\d+) packages? in", line):
            self._say(f"{found[1]} packages found")
        elif found := re.match(r"Downloading (\S+) \((.+)\)", line):
            self._begun.append(f"{found[1]} {found[2]}")
            self._say(self._downloads())
        elif line.startswith(" Downloaded "):
            self._done += 1
            self._say(self._downloads())
        elif found := re.match(r"Prepared (\d+) packages? in", line):
            self._say(f"{found[1]} packages downloaded")
        elif found := re.match(r"Installed (\d+) packages? in", line):
            self._say(f"{found[1]} packages installed, compiling")
        elif found := re.match(r"Bytecode compiled (\d+) files?", line):
            self._say(f"{found[1]} files compiled")

    def _downloads(self) -> str:
        return f"{self._done} of {len(self._begun)} large downloads done; last begun: {self._begun[-1]}"


def explain(answer: str) -> str:
    """Say in plain words why uv has failed, and what to do."""
    text = " ".join(answer.split())
    for pattern, words in _WORDS:
        if found := re.search(pattern, text, re.IGNORECASE):
            return found.expand(words)
    return "The environment could not be built. uv's own answer is below."


_WORDS = (
    (r"No space left|os error 28\b|disk quota", r"The disk is full. Free some space, then try again; nothing was kept."),
    (r"Because (\S+) was not found in the package registry",
     r"There is no package called \1 in the package index. Check its name on the page API handler."),
    (r"hint: Wheels are required for `([^`]+)`",
     r"\1 has no ready-made wheel for this Python and machine in the version asked. Building it would run its code outside "
     r"the sandbox, so that is not done: choose another version."),
    (r"there (?:is|are) no versions? of (\S+?)(?:==| )([^\s,]*)",
     r"There is no version \2 of \1 in the package index. Choose one that exists on the page API handler."),
    (r"requested Python version|does not satisfy Python|requires-python|Requires-Python",
     r"A package does not fit the Python that is asked for. Change one of the two on the page API handler."),
    (r"Because .* we can conclude that (?:your requirements|.*) (?:are|is) (?:unsatisfiable|incompatible)",
     r"The packages contradict each other: no set of versions fits all lines. Loosen one of the versions that uv names."),
    (r"Connection refused|error sending request|dns error|failed to lookup|timed out|network|tunnel error|offline",
     r"The package index can't be reached. Check the network, or the proxy and index settings, then try again."),
    (r"40[13] (?:Forbidden|Unauthorized)",
     r"The package index refuses us. Check its address and the credentials that it wants."),
    (r"hash mismatch", r"A download is damaged. Try again."),
    (r"Failed to parse|invalid requirement", r"A line of the requirements can't be read. Mend it on the page API handler."),
)  # fmt: skip


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _FORGET}
    settings = {ours: os.environ[pips].strip() for pips, ours in _SETTINGS.items() if os.environ.get(pips)}
    parted = {name: ",".join(text.split()) if name in _COMMAS else text for name, text in settings.items()}
    return parted | kept
