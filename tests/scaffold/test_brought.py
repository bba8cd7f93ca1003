"""A repository that serves a model which somebody has brought: its handler, its golden set, its file."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from services.models import environment, handler, inspection, samples, wanted
from services.parsing import parse
from services.scaffold import Chosen, Tree, describe, write
from tests.models.built import model_home
from tests.scaffold.conftest import BROUGHT

__all__ = ["model_home"]
PYTHON = BROUGHT["brought model"]


def tree(chosen: Chosen | None, **choices: object) -> Tree:
    """The repository of a project with this model."""
    return describe(parse({"name": "churn"} | choices).strict(), chosen)


def brought(key: str) -> Chosen:
    """A sample as a project has it."""
    sample = next(one for one in samples.every() if one.key == key)
    made = handler.generate(inspection.inspect(sample.path), sample.path.name)
    return Chosen(
        sample.path.name, made.language, made.entry, made.files, sample.golden, sample.path.read_bytes
    )


def test_the_api_is_the_models_and_training_stays() -> None:
    """The handler as it was edited, the file beside it, and what is deployed is that file."""
    one = tree(
        replace(
            PYTHON, files={**PYTHON.files, "score.py": "from helpers import run\n", "helpers.py": "x = 1\n"}
        )
    )
    assert one["api/score.py"].content() == b"from helpers import run\n"
    assert ("api/score.py", "imports", "api/helpers.py") in one.edges
    assert ("api/score.py", "reads", "model/my_model-2.joblib") in one.edges
    assert ("deploy/deployment.yml", "sends", "model/my_model-2.joblib") in one.edges
    assert one["model/my_model-2.joblib"].content() == b"model"
    assert {"learning/train.py", "model/model.joblib"} <= {file.path for file in one}
    assert b"!/model/my_model-2.joblib" in one[".gitignore"].content()


def test_a_large_file_is_left_for_the_user_to_put_there() -> None:
    """The README says so."""
    one = tree(replace(PYTHON, content=None))
    assert not one["model/my_model-2.joblib"].shipped
    assert "**Put the file there**" in one["README.md"].content().decode()
    assert "**Put the file there**" not in tree(PYTHON)["README.md"].content().decode()


def test_the_golden_set_is_the_test() -> None:
    """All of it on this machine, its first request at the endpoint; without one there is an empty request."""
    one = tree(PYTHON)
    assert json.loads(one["tests/golden.json"].content())[1] == {
        "request": {"data": [[0, 0]]},
        "expected": None,
    }
    assert json.loads(one["tests/request.json"].content()) == {"data": [[1.0, 2.5]]}
    assert json.loads(one["tests/expected.json"].content()) == {"predictions": [1]}
    assert json.loads(tree(replace(PYTHON, golden=()))["tests/request.json"].content()) == {"data": []}


def test_pipelines_test_and_do_not_train() -> None:
    """The model is there already."""
    steps = yaml.safe_load(tree(PYTHON)[".github/workflows/ci.yml"].content())["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [
        "pip install -r tests/requirements.txt", "python -m pytest tests/test_score.py",
    ]  # fmt: skip


def test_a_model_of_the_same_name_as_the_trained_one_stands_once() -> None:
    """Training would write over it, as one wants."""
    one = tree(replace(PYTHON, file_name="model.joblib"))
    assert [file.path for file in one].count("model/model.joblib") == 1 and one["model/model.joblib"].shipped


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        (BROUGHT["brought model of R"], "served by R, and the project's language is Python"),
        (replace(PYTHON, file_name="a `b`.joblib"), "rename the file"),
        (replace(PYTHON, file_name="../x"), "rename the file"),
    ],
)
def test_a_model_that_does_not_fit_is_left_out(chosen: Chosen, says: str) -> None:
    """And the reason is there to be told."""
    assert says in chosen.unfit("python")
    assert tree(chosen) == tree(None)


@pytest.mark.slow
def test_its_own_tests_pass(model_home: Path, tmp_path: Path) -> None:
    """With the packages that it names itself, in the folder as it was written."""
    one = brought("churn-onnx")
    write(tree(one), tmp_path / "project")
    conda = yaml.safe_load(one.files["conda.yaml"])
    conda["dependencies"][-1]["pip"].append("pytest==9.2.0")
    python = environment.build(wanted.of_conda(yaml.safe_dump(conda))).python
    command = [python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    done = subprocess.run(
        command, cwd=tmp_path / "project", env=plain, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and "7 passed" in done.stdout, done.stdout + done.stderr
    wrong = json.loads((tmp_path / "project/tests/golden.json").read_text())
    wrong[0]["expected"]["predictions"][0] += 1
    (tmp_path / "project/tests/golden.json").write_text(json.dumps(wrong))
    done = subprocess.run(
        command, cwd=tmp_path / "project", env=plain, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1 and "1 failed" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which("Rscript"), reason="Rscript is not installed; the tests in R are not run"
)
def test_its_own_tests_in_r_pass(tmp_path: Path) -> None:
    """The same for R."""
    if subprocess.run(
        ["Rscript", "-e", "library(jsonlite); library(plumber)"], capture_output=True
    ).returncode:
        pytest.skip("the R packages jsonlite and plumber are not installed")
    write(tree(brought("revenue-r"), learning={"language": "r"}), tmp_path / "project")
    done = subprocess.run(
        ["Rscript", "tests/test_score.R"],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and "passed: 2 requests" in done.stderr, done.stderr
