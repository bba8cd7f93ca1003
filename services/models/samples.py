"""The sample models that ship with Groundplan: files to try everything with, and what each is expected to answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "samples"


@dataclass(frozen=True)
class Sample:
    """A model file with its golden set: [{"request": ..., "expected": {"predictions": [...]}}]."""

    key: str
    title: str
    description: str
    path: Path
    golden: tuple[Mapping[str, Any], ...]


def every() -> tuple[Sample, ...]:
    """The samples that are there, the simplest first."""
    made = (_sample(*one) for one in _SAMPLES)
    return tuple(sample for sample in made if sample)


def _sample(key: str, file_name: str, title: str, description: str) -> Sample | None:
    path, golden = FOLDER / file_name, FOLDER / f"{key}.golden.json"
    if not (path.is_file() and golden.is_file()):
        return None
    return Sample(key, title, description, path, tuple(json.loads(golden.read_text())))


_SAMPLES = (
    (
        "churn", "churn.joblib", "Customers who leave, scikit-learn",
        "A logistic regression that says from age, tenure, charge and calls whether a customer leaves.",
    ),
    (
        "churn-onnx", "churn.onnx", "Customers who leave, ONNX",
        "The same model as ONNX: a file without code, and the fastest to answer.",
    ),
    (
        "revenue", "revenue.json", "What a customer has paid, XGBoost",
        "Gradient boosting that estimates an amount, in XGBoost's own format.",
    ),
    (
        "revenue-r", "revenue.rds", "What a customer has paid, R",
        "A linear model of R with a factor, served by plumber in a container.",
    ),
)  # fmt: skip
