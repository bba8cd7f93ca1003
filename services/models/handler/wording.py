"""What the head of a generated handler says: which model this is, what a request and an answer look like."""

from typing import Any

from services.models.handler.literals import example, quiet
from services.models.handler.schema import Schema
from services.models.intake import Column, Intake
from services.scaffold.literals import Trusted

_WORDS = {
    "scikit-learn": "scikit-learn", "onnx": "ONNX", "pytorch": "PyTorch", "xgboost": "XGBoost", "lightgbm": "LightGBM",
    "keras": "Keras", "mlflow": "MLflow", "safetensors": "safetensors (PyTorch)", "r": "R", "other": "of its own kind",
}  # fmt: skip
_SAMPLES = {"str": "text", "bool": True, "": 1.0}


def wording(intake: Intake, schema: Schema) -> dict[str, Any]:
    """Title, request and answer, in text that is safe in a docstring."""
    return {
        "title": Trusted(f"Answers requests with the model ({_name(intake)})."),
        "request": _request(schema),
        "answer": Trusted(
            '{"predictions": [...]}, with "probabilities": [[...], ...] where the model has them'
        ),
    }


def _name(intake: Intake) -> str:
    """The framework and the class, with the steps of a pipeline."""
    estimator = quiet(intake.details.get("estimator") or "")
    steps = [quiet(str(step).rpartition(": ")[2]) for step in intake.details.get("steps") or ()]
    inside = (
        f" of {', '.join(steps)}" if estimator == "Pipeline" and 0 < len(steps) < 5 and all(steps) else ""
    )
    return f"{_WORDS[intake.framework]}{f', {estimator}{inside}' if estimator else ''}"


def _request(schema: Schema) -> Trusted:
    if schema.reader == "texts":
        return Trusted('{"data": ["a text", ...]}')
    if schema.reader == "tensors":
        return _tensors(schema.columns)
    if schema.columns:
        values = [_sample(column) for column in schema.columns]
        return example([column.name for column in schema.columns], values)
    return example([], [1.0] * (schema.width or 4))


def _sample(column: Column) -> Any:
    known = next((value for value in column.categories if isinstance(value, str) and quiet(value)), None)
    return known or _SAMPLES.get(column.dtype, 1 if column.dtype.startswith(("int", "uint")) else 1.0)


def _tensors(inputs: tuple[Column, ...]) -> Trusted:
    names = [quiet(one.name) or "name" for one in inputs]
    by_name = ", ".join(f'"{name}": nested lists' for name in names)
    alone = '{"data": nested lists}, or ' if len(inputs) == 1 else ""
    return Trusted(f'{alone}{{"inputs": {{{by_name}}}}}')
