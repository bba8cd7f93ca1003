"""The handler of R models, run by R itself: linear, binomial and other models, factors, logical columns, wrong requests."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from services.models import handler, inspection

pytestmark = pytest.mark.skipif(
    not shutil.which("Rscript"), reason="Rscript is not installed; the handlers of R models are not run"
)
TRAIN = """
rows <- data.frame(size = c(1.5, 2, 3, 4.5, 5, 6), kind = factor(c("a", "b", "a", "b", "a", "b")),
  fresh = c(TRUE, FALSE, TRUE, TRUE, FALSE, TRUE), price = c(2, 3, 3.5, 5, 6, 6.5), sold = c(0, 1, 0, 1, 0, 1))
rows$word <- factor(ifelse(rows$sold == 1, "yes", "no"))
models <- list(linear = lm(price ~ size + kind + fresh, rows), logged = lm(price ~ log(size), rows),
  numbers = glm(sold ~ size, binomial(), rows), words = glm(word ~ size, binomial(), rows),
  counts = glm(sold ~ size, poisson(), rows))
asked <- rows[c(2, 5), ]
said <- list()
for (name in names(models)) {
  saveRDS(models[[name]], file.path(FOLDER, paste0(name, ".rds")))
  said[[name]] <- unname(predict(models[[name]], asked, type = "response"))
}
cat(jsonlite::toJSON(said, digits = NA))
"""
ASK = """
answers <- list()
requests <- jsonlite::fromJSON(file.path(FOLDER, "requests.json"), simplifyVector = FALSE)
for (name in names(requests)) {
  source(file.path(FOLDER, "handlers", name, "plumber.R"))
  answers[[name]] <- lapply(requests[[name]], function(text) answer(text))
}
cat(jsonlite::toJSON(answers, auto_unbox = TRUE, digits = NA))
"""
ROWS = {
    "linear": [[2, "b", False], [5, "a", False]], "logged": [[2], [5]], "numbers": [[2], [5]], "words": [[2], [5]],
    "counts": [[2], [5]],
}  # fmt: skip
NAMES = ["size", "kind", "fresh"]
WRONG = [
    "", "no JSON", "/etc/passwd", "[]", "{}", '{"data": []}', '{"data": {"size": 1}}', '{"data": [[]]}', '{"data": [1]}',
    '{"data": [[2, "b", false, 1]]}', '{"data": [[2, "c", false]]}', '{"data": [["2", "b", false]]}',
    '{"data": [[2, "b", 1]]}',
    '{"data": [[null, "b", false]]}', '{"data": [[[2], "b", false]]}', '{"data": [{"size": 2, "kind": "b", "no": 1}]}',
    '{"data": [[1e999, "b", false]]}', "[" * 5000,
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything lies; skipped where R's packages are missing."""
    if subprocess.run(
        ["Rscript", "-e", "library(jsonlite); library(plumber)"], capture_output=True
    ).returncode:
        pytest.skip("the R packages jsonlite and plumber are not installed")
    return tmp_path_factory.mktemp("r")


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, Any]:
    """What each model says itself."""
    return in_r(TRAIN, folder)


@pytest.fixture(scope="module")
def answers(folder: Path, said: dict[str, Any]) -> dict[str, list[Any]]:
    """What each handler answers: rows in order, rows by name, wrong requests."""
    asked = {}
    for name in said:
        place = folder / "handlers" / name
        place.mkdir(parents=True)
        made = handler.generate(inspection.inspect(folder / f"{name}.rds"), f"{name}.rds")
        (place / "plumber.R").write_text(made.files["plumber.R"])
        by_name = [dict(reversed(list(zip(NAMES, row, strict=False)))) for row in ROWS[name]]
        asked[name] = [json.dumps({"data": rows}) for rows in (ROWS[name], by_name)] + (
            WRONG if name == "linear" else []
        )
    (folder / "requests.json").write_text(json.dumps(asked))
    return in_r(ASK, folder)


def in_r(script: str, folder: Path) -> Any:
    """Run a script and read what it prints."""
    head = f'FOLDER <- "{folder}"\nSys.setenv(AZUREML_MODEL_DIR = FOLDER)\n'
    done = subprocess.run(
        ["Rscript", "--vanilla", "-"], input=head + script, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_predictions_are_the_models_own(answers, said) -> None:
    """Values of linear and counting models; classes with probabilities of binomial ones, as numbers and as words."""
    for name in ("linear", "logged", "counts"):
        status, body = answers[name][0].values()
        assert (status, body["predictions"]) == (200, pytest.approx(said[name])), name
    for name, labels in (("numbers", [0, 1]), ("words", ["no", "yes"])):
        body = answers[name][0]["body"]
        assert [row[1] for row in body["probabilities"]] == pytest.approx(said[name])
        assert body["predictions"] == [labels[chance > 0.5] for chance in said[name]]


def test_rows_by_name_get_the_same_answer(answers) -> None:
    """Whatever the order."""
    assert {name for name, given in answers.items() if given[0] != given[1]} == set()


def test_a_wrong_request_is_refused_with_a_reason(answers) -> None:
    """Status 400, with the column and the levels where that is it."""
    refused = answers["linear"][2:]
    assert len(refused) == len(WRONG) and {one["status"] for one in refused} == {400}
    said = [one["body"]["error"] for one in refused]
    assert 'kind is "c"; it must be one of: a, b.' in said and "fresh must be true or false." in said
    assert said[2] == "The request is not JSON.", "a path is never opened"
