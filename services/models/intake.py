"""The noun `Intake`: what is known of a model file without running a byte of it. `inspection` makes one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Verdict = Literal["safe", "blocked", "unknown"]
Format = Literal[
    "scikit-learn-pickle", "joblib", "skops", "pickle", "torchscript", "torch-checkpoint", "torch-pt2", "onnx",
    "xgboost", "lightgbm", "keras", "keras-h5", "safetensors", "mlflow", "rds", "numpy", "other",
]  # fmt: skip
# What serves the model: it decides the handler's template and the packages of its environment.
Framework = Literal[
    "scikit-learn", "onnx", "pytorch", "xgboost", "lightgbm", "keras", "mlflow", "r", "safetensors", "other"
]


@dataclass(frozen=True)
class Column:
    """One input or output. `dtype` is a NumPy name (float32, int64, str, bool) or "" where the file does not say.

    `shape` is that of one request's value with None for a free dimension; () where the file does not say. A table's
    column has shape (); a tensor input of ONNX named "X" with 4 features has shape (None, 4).
    `categories` are the allowed values where the file knows them (classes, R's factor levels).
    """

    name: str
    dtype: str = ""
    shape: tuple[int | None, ...] = ()
    categories: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Intake:
    """What a file is (format, framework, versions found inside, signature) and whether it may be loaded, with reasons.

    `sha256` and `size` (bytes) are of the whole file. `versions` maps a package to the version the file was written with.
    `columns` says whether inputs are a table's columns ("table": rows of named values) or tensors ("tensors").
    `details` holds what else is worth showing or needed by a handler (estimator class, opset, R formula, classes...).
    """

    format: Format
    framework: Framework
    verdict: Verdict
    reasons: tuple[str, ...]
    sha256: str
    size: int
    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Column, ...] = ()
    outputs: tuple[Column, ...] = ()
    columns: Literal["table", "tensors", "unknown"] = "unknown"
    details: Mapping[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Plain data, as the database keeps it and `inspect --json` prints it."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Intake":
        """Read it back from plain data; ValueError when it is none."""
        if data.get("format") not in get_args(Format) or data.get("verdict") not in get_args(Verdict):
            raise ValueError("This is no intake of a model file.")
        known = {key: data[key] for key in cls.__dataclass_fields__ if key in data}
        for key in ("inputs", "outputs"):
            known[key] = tuple(_column(one) for one in data.get(key, ()))
        known["reasons"] = tuple(data.get("reasons", ()))
        return cls(**known)


def _column(data: Mapping[str, Any]) -> Column:
    return Column(
        data["name"], data.get("dtype", ""), tuple(data.get("shape", ())), tuple(data.get("categories", ()))
    )
