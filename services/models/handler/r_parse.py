"""Whether R can read a file, asked of R itself where it is installed: parsed, never run."""

import re
import shutil
import subprocess
from collections.abc import Iterator

from services.config import Problem

_PARSE = 'invisible(parse(text = readLines(file("stdin"), warn = FALSE), keep.source = FALSE))'
_PLACE = re.compile(r"<text>:(\d+):(\d+): ([^\n]*)")


def problems(name: str, text: str) -> Iterator[Problem]:
    """The first line that R can't read; nothing where there is no Rscript."""
    rscript = shutil.which("Rscript")
    if not rscript:
        return
    try:
        done = subprocess.run(
            [rscript, "--vanilla", "-e", _PARSE], input=text, capture_output=True, text=True, timeout=20, check=False
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode:
        found = _PLACE.search(done.stderr)
        place = f"{name}:{found[1]}:{found[2]}" if found else name
        yield Problem(
            place, "syntax", f"R can't read this line: {found[3] if found else 'it ends too early'}."
        )
