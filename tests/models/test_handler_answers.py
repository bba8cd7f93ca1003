"""Generated handlers answer as their models do: real files, inspected, in an environment of the packages they ask for."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest

from services.models import environment, handler, inspection, wanted
from tests.models.built import _shared

SCRIPT = Path(__file__).with_name("handler_trained.py")
pytestmark = pytest.mark.slow
# What the handlers of all these models ask for, in one environment: they agree on versions.
CONDA = """\
dependencies:
  - python=3.11
  - pip
  - pip:
      - azureml-inference-server-http==1.5.1
      - joblib==1.6.0
      - lightgbm==4.7.0
      - numpy==2.4.6
      - pandas==3.1.1
      - scikit-learn==1.9.1
      - scipy==1.17.1
      - skops==0.16.0
      - xgboost-cpu==3.2.0
"""
BY_POSITION = ("no names", "texts")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The environment's Python, and a folder with trained models."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDPLAN_HOME", str(folder / "home"))
        shared = _shared(tmp_path_factory) / "environments"
        shared.mkdir(exist_ok=True)
        (folder / "home" / "models").mkdir(parents=True)
        (folder / "home" / "models" / "environments").symlink_to(shared)
        python = environment.build(wanted.of_conda(CONDA)).python
    run(python, "train", folder)
    return python, folder


@pytest.fixture(scope="module")
def told(house: tuple[Path, Path]) -> dict[str, Any]:
    """What each model says itself to its rows: {"file", "rows", "predictions", "probabilities"}."""
    return json.loads((house[1] / "told.json").read_text())


@pytest.fixture(scope="module")
def answers(house: tuple[Path, Path], told: dict[str, Any]) -> dict[str, list[Any]]:
    """What each generated handler answers to `requests`."""
    python, folder = house
    for key, said in told.items():
        made = handler.generate(inspection.inspect(folder / said["file"]), said["file"])
        assert handler.problems(made) == (), key
        assert set(made.requirements) <= set(wanted_lines()), key
        place = folder / "handlers" / key
        place.mkdir(parents=True)
        for name, text in made.files.items():
            (place / name).write_text(text)
    asked = folder / "requests.json"
    asked.write_text(json.dumps({key: requests(key, said) for key, said in told.items()}))
    return json.loads(run(python, "ask", folder, asked))


def run(python: Path, *words: object) -> str:
    """Run the script in the environment."""
    done = subprocess.run(
        [python, "-W", "ignore", SCRIPT, *words], capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wanted_lines() -> list[str]:
    """The packages of the one environment."""
    return [line.strip(" -") for line in CONDA.splitlines() if "==" in line]


def names(rows: list[Any]) -> list[str]:
    """The columns of the models' rows."""
    return ["a", "b", "c", "d", "city"][: len(rows[0])]


def requests(key: str, said: dict[str, Any]) -> list[Any]:
    """The rows in order, the rows by name, a row with null, then what no model can take."""
    rows = said["rows"]
    first = rows[0]
    if key in BY_POSITION:
        by_name: Any = {"data": rows}
    else:
        by_name = {"data": [dict(reversed(list(zip(names(rows), row, strict=True)))) for row in rows]}
    null = [None, *first[1:]] if isinstance(first, list) else None
    return [{"data": rows}, by_name, {"data": [null]}, *wrong(first)]


def wrong(row: Any) -> list[Any]:
    """Requests that must get 400, whatever the model."""
    whatever = [
        "",
        "no JSON",
        "[" * 100_000,
        "[]",
        "{}",
        '{"data": []}',
        {"data": row},
        {"data": [[]]},
        {"data": [{"no": 1}]},
    ]
    if not isinstance(row, list):
        return [*whatever[:6], {"data": [1]}, {"data": [["two", "texts"]]}]
    huge = '{"data": [[' + ", ".join(["1e999"] * len(row)) + "]]}"
    values = [
        [*row, 1.0],
        row[:-1],
        [f"{v} or so" for v in row],
        [[v] for v in row],
        [True] * len(row),
        [10**400, *row[1:]],
    ]
    return [
        *whatever,
        huge,
        {"data": [row, row[:-1]]},
        {"data": [row] * 10_001},
        *({"data": [one]} for one in values),
    ]


def close(one: Any, other: Any) -> bool:
    """Equal, numbers up to float32."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-6)
    return bool(one == other)


def test_predictions_and_probabilities_are_the_models_own(answers, told) -> None:
    """Classifiers, regressors, clusterers, transformers, outliers; labels that are numbers and words."""
    for key, said in told.items():
        status, body = answers[key][0]
        assert status == 200, (key, body)
        assert close(body["predictions"], said["predictions"]), key
        assert ("probabilities" in body) == ("probabilities" in said) or key == "texts", key
        assert close(body.get("probabilities"), said.get("probabilities")) or key == "texts", key


def test_rows_by_name_get_the_same_answer(answers) -> None:
    """Whatever the order of the names."""
    assert {key for key, (first, second, *_) in answers.items() if first != second} == set()


def test_null_is_taken_where_the_model_takes_it(answers) -> None:
    """Where it does not, it is refused in words."""
    takes = {key for key, given in answers.items() if given[2][0] == 200}
    boosters = {key for key in answers if "xgboost" in key or "lightgbm" in key}
    assert takes == {"nulls", "words", "outliers", *boosters}


def test_a_wrong_request_is_refused_with_a_reason(answers) -> None:
    """Status 400 and one sentence, never an error of the server."""
    refused = [(key, given) for key, all_of_it in answers.items() for given in all_of_it[3:]]
    assert len(refused) > 300
    assert [one for one in refused if one[1][0] != 400] == []
    assert all(set(body) == {"error"} and len(body["error"]) > 10 for _, (_, body) in refused)
