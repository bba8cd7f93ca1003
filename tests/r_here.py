"""What tests of R share: whether this machine has what they need, and what a model says itself, asked by Rscript alone."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

REVENUE = Path(__file__).parents[1] / "assets" / "samples" / "revenue.rds"
_PREDICT = """
asked <- commandArgs(TRUE)
model <- readRDS(asked[1])
rows <- jsonlite::fromJSON(asked[2])
cat(jsonlite::toJSON(unname(predict(model, rows)), digits = NA))
"""


def lacking() -> str:
    """What this machine lacks to run a container of R; nothing where it can."""
    if not shutil.which("Rscript"):
        return "there is no Rscript"
    if subprocess.run(["Rscript", "-e", "library(plumber)"], capture_output=True).returncode:
        return "the R package plumber is not installed"
    box = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    if not shutil.which("bwrap") or subprocess.run(box, capture_output=True).returncode:
        return "bubblewrap is missing, or may not do its work"
    return ""


LACKING = lacking()
needs_r = pytest.mark.skipif(bool(LACKING), reason=f"containers of R are not run: {LACKING}")


def predictions(rows: list[dict[str, Any]], model: Path = REVENUE) -> list[float]:
    """What a model predicts for rows by name."""
    line = ["Rscript", "--vanilla", "-e", _PREDICT, str(model), json.dumps(rows)]
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)
    found: list[float] = json.loads(done.stdout)
    return found
