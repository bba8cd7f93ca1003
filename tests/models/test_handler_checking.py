"""What is wrong with an edited handler: found by reading alone, with the file and the line."""

import shutil

import pytest

from services.models import handler
from services.models.handler import Handler, checking
from tests.models.test_handler import made


def problems(**files: str | None) -> list[tuple[str, str]]:
    """(path, rule) of a scikit-learn handler with these files changed; `score_py` is score.py, None takes a file away."""
    one = made("joblib")
    changed = {
        name.replace("_py", ".py").replace("_yaml", ".yaml").replace("_txt", ".txt"): t
        for name, t in files.items()
    }
    texts = {name: text for name, text in {**one.files, **changed}.items() if text is not None}
    return [(p.path, p.rule) for p in handler.problems(Handler("python", "score.py", texts))]


SCORE = "def init(): ...\ndef run(raw_data): return raw_data\n"


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (SCORE, []),
        (SCORE + "x = (\n", [("score.py:3:5", "syntax")]),
        ("def init(: ...\n", [("score.py:1:10", "syntax")]),
        ("def run(raw_data): ...\n", [("score.py", "required")]),
        ("x = 1\n", [("score.py", "required"), ("score.py", "required")]),
        ("from helpers import init, run\n", []),
        ("  \n", [("score.py", "empty")]),
        (SCORE + "\0", [("score.py:1", "syntax")]),
        (SCORE + "(" * 5000, [("score.py:3:200", "syntax")]),
        (SCORE + "#" * 1_000_001, [("score.py", "length")]),
        (SCORE + "def build_model():\n    raise NotImplementedError('later')\n", [("score.py:3:1", "todo")]),
    ],
)  # fmt: skip
def test_python_is_read_and_never_run(score: str, expected: list[tuple[str, str]]) -> None:
    """Syntax with its place, init() and run(), what is still to be written."""
    found = problems(score_py=score)
    assert [rule for _, rule in found] == [rule for _, rule in expected]
    assert [path.split(":")[:2] for path, _ in found] == [path.split(":")[:2] for path, _ in expected]


def test_nothing_is_executed(tmp_path) -> None:
    """A handler that would leave a trace leaves none."""
    trace = tmp_path / "trace"
    assert problems(score_py=f"open({str(trace)!r}, 'w')\n{SCORE}") == []
    assert not trace.exists()


@pytest.mark.parametrize(
    ("conda", "expected"),
    [
        ("dependencies: [\n", [("syntax")]),
        ("just a text\n", ["required"]),
        ("dependencies: [pip, {pip: [azureml-inference-server-http]}]\n", ["required", "differs"]),
        ("dependencies: [python=3.11, pip, {pip: [numpy]}]\n", ["required", "differs"]),
        ("dependencies: [python=3.11, libgomp, {pip: [azureml-inference-server-http]}]\n", ["conda_packages", "differs"]),
        (None, ["required"]),
    ],
)  # fmt: skip
def test_the_environment_is_what_azure_can_build(conda: str | None, expected: list[str]) -> None:
    """YAML, a Python, Azure's server; conda packages are no fault, but the rehearsal can't install them."""
    assert [rule for path, rule in problems(conda_yaml=conda) if path != "score.py"][
        : len(expected)
    ] == expected


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("config.json", "taken"), ("LOGGING.JSON", "taken"), ("a/b.py", "name"), ("..", "name"), ("a\\b.py", "name"),
        (".hidden", "name"), ("ünï.py", "name"), ("a b.py", "name"), ("x" * 101, "name"), ("helpers.py", None),
    ],
)  # fmt: skip
def test_a_file_beside_score_py_has_a_harmless_name(name: str, rule: str | None) -> None:
    """Azure's server reads some names as its own settings; a path would lead elsewhere."""
    found = checking.name_problem(name)
    assert (found.rule if found else None) == rule


def test_warnings_do_not_stand_in_the_way() -> None:
    """A conda package, another list, an open point: it can be tested and deployed all the same."""
    assert {p.rule for p in handler.problems(made("torch-checkpoint")) if checking.is_warning(p)} == {"todo"}


@pytest.mark.skipif(not shutil.which("Rscript"), reason="Rscript is not installed; R files are not parsed")
def test_r_is_parsed_and_never_run(tmp_path) -> None:
    """By R itself, with the place."""
    one, trace = made("rds"), tmp_path / "trace"
    assert handler.problems(one) == ()
    text = f'file.create("{trace}")\nx <- function( {{\n'
    found = handler.problems(Handler("r", "plumber.R", {**one.files, "plumber.R": text}))
    assert [(p.path.rpartition(":")[0], p.rule) for p in found] == [("plumber.R:2", "syntax")]
    assert not trace.exists()


def test_differences_are_by_file() -> None:
    """Unified, as git shows them; what is the same is not there."""
    one = made("joblib")
    files = {
        **one.files,
        "score.py": one.files["score.py"].replace("MAX_ROWS = 10_000", "MAX_ROWS = 5"),
        "helpers.py": "x = 1\n",
    }
    changes = handler.difference(one, Handler("python", "score.py", files))
    assert set(changes) == {"score.py", "helpers.py"}
    assert "-MAX_ROWS = 10_000\n+MAX_ROWS = 5\n" in changes["score.py"]
    assert "+x = 1" in changes["helpers.py"] and handler.difference(one, one) == {}
