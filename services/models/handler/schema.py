"""What a request to a model looks like, by its intake: rows of numbers, columns of several kinds, texts, or arrays."""

import json
from dataclasses import dataclass
from typing import Literal

from services.models.intake import Column, Intake

Reader = Literal["matrix", "columns", "texts", "tensors", "own"]
_NETWORKS = ("pytorch", "keras", "safetensors")
_NUMBERS = ("float16", "float32", "float64")
_VECTORIZERS = ("TfidfVectorizer", "CountVectorizer", "HashingVectorizer")
_PICKLES = ("scikit-learn-pickle", "joblib", "pickle", "skops")


@dataclass(frozen=True)
class Schema:
    """How the handler reads a request: `columns` by name where the file knows names, else `width` numbers a row.

    For arrays `columns` are the inputs in their order.
    """

    reader: Reader
    columns: tuple[Column, ...] = ()
    width: int | None = None

    @property
    def named(self) -> bool:
        """Whether rows can be given by name."""
        return self.reader in ("matrix", "columns") and bool(self.columns)


def schema_of(intake: Intake) -> Schema:
    """Decide how a request to this model is read."""
    if intake.format == "numpy" or intake.framework in ("other", "r"):
        return Schema("own", intake.inputs)
    if intake.framework == "onnx":
        return _onnx(intake.inputs)
    if intake.framework in _NETWORKS or (intake.framework == "mlflow" and intake.columns == "tensors"):
        return Schema("tensors", intake.inputs or (Column("input"),))
    return _table(intake)


def mentions(intake: Intake, *names: str) -> bool:
    """Whether the file names one of these classes."""
    text = json.dumps(intake.details, default=str)
    return any(name in text for name in names)


def _onnx(inputs: tuple[Column, ...]) -> Schema:
    """One input of rank 2 takes rows; several of one column each are a table; all else are arrays."""
    shapes = [one.shape for one in inputs]
    if len(inputs) == 1 and len(shapes[0]) == 2 and inputs[0].dtype in _NUMBERS and shapes[0][1] != 1:
        return Schema("matrix", width=shapes[0][1])
    if inputs and all(len(shape) == 2 and shape[1] == 1 for shape in shapes):
        same = {one.dtype for one in inputs} == {"float32"}
        return Schema("matrix" if same else "columns", inputs)
    return Schema("tensors", inputs or (Column("input", "float32"),))


def _table(intake: Intake) -> Schema:
    inputs, pickled = intake.inputs, intake.format in _PICKLES
    if len(inputs) == 1 and len(inputs[0].shape) == 2:
        return Schema("matrix", width=inputs[0].shape[1])
    if intake.format in ("xgboost", "lightgbm"):  # categories are numbers there, too
        return Schema("matrix", inputs, _width(intake))
    by_name = intake.framework == "mlflow" or (pickled and _selects(intake))
    by_name = by_name or any(one.dtype in ("str", "bool", "object") or one.categories for one in inputs)
    if pickled and (intake.details.get("text") or (not by_name and mentions(intake, *_VECTORIZERS))):
        return Schema("texts")
    if by_name and inputs:
        return Schema("columns", inputs)
    return Schema("matrix", inputs, _width(intake))


def _selects(intake: Intake) -> bool:
    """Whether a step may select columns by name; where steps lie deeper than the file's description, it may."""
    deeper = mentions(intake, "SearchCV", "FeatureUnion", ": Pipeline") and intake.details.get("named", True)
    return mentions(intake, "ColumnTransformer") or bool(deeper)


def _width(intake: Intake) -> int | None:
    """How many numbers a row has, where the file says so without naming them."""
    said = intake.details.get("n_features_in_", intake.details.get("n_features"))
    return len(intake.inputs) or (said if isinstance(said, int) else None)
