"""The generated handler of every format: it reads, it is the same every time, and no text of a stranger becomes code."""

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.models import handler
from services.models.handler import Handler
from services.models.intake import Column, Format, Framework, Intake

FRAMEWORK: dict[str, str] = {
    "scikit-learn-pickle": "scikit-learn", "joblib": "scikit-learn", "skops": "scikit-learn", "pickle": "other",
    "torchscript": "pytorch", "torch-checkpoint": "pytorch", "torch-pt2": "pytorch", "onnx": "onnx", "xgboost": "xgboost",
    "lightgbm": "lightgbm", "keras": "keras", "keras-h5": "keras", "safetensors": "safetensors", "mlflow": "mlflow",
    "rds": "r", "numpy": "other", "other": "other",
}  # fmt: skip
UNWRITTEN = {"torch-checkpoint", "safetensors", "other", "numpy", "pickle"}
NAMED = (Column("age", "float64"), Column("city", "str", (), ("north", "south")), Column("visits", "int64"))
IMAGE = (Column("image", "float32", (None, 3, 8, 8)),)
NASTY = [
    '"""',
    "'",
    "\\",
    "\n",
    "\0",
    "«x»",
    "{{x}}",
    "«% endif %»",
    "#",
    "\ud800",
    '"; import os; "',
    "ünï🚀",
    "a" * 300,
]


def intake(format: str, **more: Any) -> Intake:
    """An intake as inspection makes one."""
    known: dict[str, Any] = {
        "verdict": "safe",
        "reasons": (),
        "sha256": "0" * 64,
        "size": 1,
        "framework": FRAMEWORK[format],
    }
    return Intake(format=format, **(known | more))


def made(format: str, name: str = "model.bin", **more: Any) -> Handler:
    """The handler of such a file."""
    return handler.generate(intake(format, **more), name)


@pytest.mark.parametrize("inputs", [(), NAMED, IMAGE], ids=["nothing known", "a table", "an array"])
@pytest.mark.parametrize("format", get_args(Format))
def test_every_format_has_a_handler_that_reads(format: str, inputs: tuple[Column, ...]) -> None:
    """It compiles, its environment names a Python and the server, and only what nobody can know is left open."""
    one = made(format, inputs=inputs, columns="table" if inputs is NAMED else "unknown")
    open_points = {problem.rule for problem in handler.problems(one)}
    assert open_points == ({"todo"} if format in UNWRITTEN else set())
    if one.language == "r":
        assert set(one.files) == {"plumber.R", "Dockerfile"} and one.entry == "plumber.R"
        return
    tree = ast.parse(one.files["score.py"])
    assert {"init", "run"} <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert all(
        ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    )
    assert one.python == "3.11" and "azureml-inference-server-http==1.5.1" in one.requirements
    assert set(one.files) == {"score.py", "conda.yaml", "requirements.txt"}
    assert "\n\n\n\n" not in one.files["score.py"] and not one.files["score.py"].endswith("\n\n")


def test_the_generated_files_are_clean(tmp_path: Path) -> None:
    """No unused import or name, none that is missing."""
    kinds: dict[str, dict[str, Any]] = {
        "nothing": {}, "table": {"inputs": NAMED, "columns": "table"}, "array": {"inputs": IMAGE},
        "text": {"details": {"text": True}}, "old": {"versions": {"scikit-learn": "1.2.2"}},
        "nested": {"inputs": NAMED[:1], "details": {"steps": ["a: ColumnTransformer"]}},
        "weights": {"details": {"tensors": {"fc.weight": [3, 4]}, "key": "model"}},
    }  # fmt: skip
    for format in get_args(Format):
        for kind, more in kinds.items():
            (tmp_path / f"{format}_{kind}.py").write_text(made(format, **more).files.get("score.py", ""))
    ruff = Path(sys.executable).with_name("ruff")
    command = [
        ruff,
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "F,E4,E7,E9,I,W,B",
        "--ignore",
        "B905",
        tmp_path,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_framework_and_format_is_known() -> None:
    """A format that is added fails here until it has a handler."""
    assert set(FRAMEWORK) == set(get_args(Format))
    for framework in get_args(Framework):
        for format in get_args(Format):
            assert handler.generate(intake(format, framework=framework), "m").files


@pytest.mark.parametrize("format", get_args(Format))
def test_the_same_file_gets_the_same_handler(format: str) -> None:
    """Byte for byte, also after a way through the database; another name is another handler."""
    one = intake(format, inputs=NAMED, columns="table", details={"estimator": "Pipeline"})
    first = handler.generate(one, "model.bin")
    assert handler.generate(Intake.of(one.data()), "model.bin") == first
    assert handler.generate(one, "other.bin").digest != first.digest


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(NASTY) | st.text(max_size=40), column=st.sampled_from(NASTY) | st.text(max_size=40)
)
def test_no_text_of_a_stranger_becomes_code(name: str, column: str) -> None:
    """File names, columns, categories, classes and versions are literals, or are not there."""
    for format in ("joblib", "onnx", "torchscript", "mlflow", "torch-checkpoint", "rds"):
        inputs = (Column(column, "str", (None, 1), (column,)), Column("b", "float64", (None, 1)))
        details = {
            "estimator": column,
            "steps": [column],
            "key": column,
            "tensors": {column: column},
            "class": column,
        }
        one = made(
            format,
            name or "x",
            inputs=inputs,
            versions={"scikit-learn": column, column: "1.0"},
            details=details,
        )
        if one.language == "python":
            tree = ast.parse(one.files["score.py"])
            values = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            assert (name or "x") in values
            called = {
                node.func.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert not called & {"exec", "eval", "__import__", "compile"}
            assert [type(line) for line in one.requirements] == [str] * len(one.requirements)
            assert all(
                line.startswith("--extra-index-url") or line.count("==") == 1 for line in one.requirements
            )


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ("1.9.1", ["numpy==2.4.6", "scikit-learn==1.9.1", "scipy==1.17.1"]),
        ("1.5.2", ["numpy==2.0.2", "scikit-learn==1.5.2", "scipy==1.13.1"]),
        ("1.2.2", ["numpy==1.24.4", "scikit-learn==1.2.2", "scipy==1.10.1"]),
    ],
)
def test_the_version_that_the_file_names_is_taken_with_what_goes_with_it(
    found: str, lines: list[str]
) -> None:
    """scikit-learn can't be trusted to read another release's files."""
    assert set(lines) < set(made("joblib", versions={"scikit-learn": found}).requirements)


def test_an_old_release_gets_an_old_python_and_a_strange_one_a_note() -> None:
    """What is not known is said where the versions stand."""
    assert made("joblib", versions={"scikit-learn": "1.0.2"}).python == "3.9"
    strange = made("joblib", versions={"scikit-learn": "7.1.0"})
    assert "scikit-learn==7.1.0" in strange.requirements
    assert "# Note: scikit-learn 7.1.0 has not been tried" in strange.files["conda.yaml"]
    assert "# Note: The file does not say which version of scikit-learn" in made("joblib").files["conda.yaml"]


def test_what_is_no_version_never_reaches_the_installer() -> None:
    """A version is a stranger's text, too."""
    for bad in ("1.9.1 --index-url https://evil", "1.9.1\n  - evil", "@ file:///etc", "1.9.1;x", ""):
        one = made("joblib", versions={"scikit-learn": bad, "numpy": bad})
        assert "scikit-learn==1.9.1" in one.requirements and "evil" not in str(one.files)


def test_boosters_and_networks_come_without_gigabytes_for_graphics_cards() -> None:
    """The CPU builds; an option stands before the packages."""
    assert "xgboost-cpu==3.2.0" in made("xgboost", versions={"xgboost": "3.2.0"}).requirements
    assert "xgboost==1.7.6" in made("xgboost", versions={"xgboost": "1.7.6"}).requirements
    first, *rest = made("torchscript", versions={"torch": "2.4.1+cu121"}).requirements
    assert first.startswith("--extra-index-url") and first.endswith("/whl/cpu") and "torch==2.4.1" in rest
    assert "keras==3.15.1" in made("keras").requirements


def test_columns_by_name_take_a_table_and_all_else_an_array() -> None:
    """A DataFrame costs about a millisecond a request: only where the model selects by name."""
    plain = made("joblib", inputs=NAMED[:1], details={"steps": ["a: StandardScaler"]})
    assert "pandas" not in plain.files["score.py"] + plain.files["conda.yaml"]
    by_name = made("joblib", inputs=NAMED, details={"steps": ["a: ColumnTransformer"]})
    assert "pd.DataFrame(" in by_name.files["score.py"] and "pandas==3.1.1" in by_name.requirements
    assert '"city": ["north", "south"]' in by_name.files["score.py"]


def test_inputs_of_onnx_become_rows_columns_or_arrays() -> None:
    """By their shapes and types."""
    rows = made("onnx", inputs=(Column("X", "float32", (None, 4)),)).files["score.py"]
    columns = made("onnx", inputs=tuple(Column(n, "float32", (None, 1)) for n in "ab")).files["score.py"]
    mixed = made("onnx", inputs=(Column("a", "float32", (None, 1)), Column("b", "str", (None, 1)))).files[
        "score.py"
    ]
    image = made("onnx", inputs=IMAGE).files["score.py"]
    assert "WIDTH = 4" in rows and "COLUMNS" not in rows
    assert 'COLUMNS = ["a", "b"]' in columns and "TYPES" not in columns
    assert '"b": "str"' in mixed
    assert '"image": ("float32", (None, 3, 8, 8))' in image


def test_hashes_tell_code_and_environment_apart() -> None:
    """A comment in conda.yaml changes neither; requirements.txt follows conda.yaml and is in no hash."""
    one = made("joblib")

    def edited(**files: str) -> Handler:
        return replace(one, files={**one.files, **{n.replace("_", "."): t for n, t in files.items()}})

    code = edited(score_py=one.files["score.py"] + "# mine\n")
    assert code.digest != one.digest and code.environment_digest == one.environment_digest
    comment = edited(conda_yaml="# mine\n" + one.files["conda.yaml"])
    assert (comment.digest, comment.environment_digest) == (one.digest, one.environment_digest)
    other = edited(conda_yaml=one.files["conda.yaml"].replace("numpy==2.4.6", "numpy==2.4.5"))
    assert other.environment_digest != one.environment_digest and other.digest == one.digest
    assert "numpy==2.4.5" in other.requirements
    assert edited(helpers_py="x = 1\n").digest != one.digest
    assert edited(requirements_txt="x").environment_digest == one.environment_digest
    r = made("rds")
    assert (
        replace(r, files={**r.files, "Dockerfile": "# mine\n" + r.files["Dockerfile"]}).environment_digest
        == r.environment_digest
    )


def test_conda_yaml_is_what_azure_reads() -> None:
    """A channel, Python, pip, and the list below pip."""
    read = yaml.safe_load(made("torchscript").files["conda.yaml"])
    assert read["channels"] == ["conda-forge"] and read["dependencies"][:2] == ["python=3.11", "pip"]
    assert tuple(read["dependencies"][2]["pip"]) == made("torchscript").requirements
