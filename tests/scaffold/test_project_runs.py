"""A scaffolded project really runs: a fresh environment, its own training, its own tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from services.scaffold import write
from tests.scaffold.conftest import Make


def sh(folder: Path, *command: str) -> str:
    """Run a command in the project; its output, or a failure with it. What Python compiles lies beside the project."""
    apart = {"PYTHONPYCACHEPREFIX": str(folder.parent / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | apart, capture_output=True, text=True, timeout=170
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_python_with_scikit_learn(make: Make, tmp_path: Path) -> None:
    """As its README says; training makes exactly the files that the description leaves to it."""
    uv = find_uv_bin()
    folder, python = tmp_path / "project", str(tmp_path / "venv" / "bin" / "python")
    tree = make(name='it\'s "churn" </script> 🚀', data_sources=["csv", "xlsx", "json"])
    write(tree, folder)
    sh(folder, uv, "venv", "-q", "--python", "3.11", str(tmp_path / "venv"))
    sh(folder, uv, "pip", "install", "-q", "--python", python, "-r", "tests/requirements.txt")
    outputs = {
        sh(folder, python, "-m", "learning.train", "--source", s).split(" rows")[0]
        for s in tree_sources(folder)
    }
    assert outputs == {"320"}
    assert "passed" in sh(folder, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    made = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert made == {file.path for file in tree}


def tree_sources(folder: Path) -> list[str]:
    """Every source that has a loader, and the sample."""
    return ["sample", *(path.stem.removeprefix("load_") for path in (folder / "data").glob("load_*.py"))]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Rscript"), reason="Rscript is not installed; the R project is not run")
def test_r(make: Make, tmp_path: Path) -> None:
    """Training and test in R, where R with jsonlite and plumber is installed."""
    folder = tmp_path / "project"
    write(make(learning={"language": "r"}), folder)
    if subprocess.run(
        ["Rscript", "-e", "library(jsonlite); library(plumber)"], capture_output=True
    ).returncode:
        pytest.skip("the R packages jsonlite and plumber are not installed")
    sh(folder, "Rscript", "learning/train.R")
    sh(folder, "Rscript", "tests/test_score.R")
    assert (folder / "model" / "model.rds").exists()
