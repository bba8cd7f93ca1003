"""From an intake to the handler's files: a template for each kind of model, filled in with what the file says."""

from collections.abc import Mapping
from typing import Any

from services.models.handler import r_handler
from services.models.handler.literals import python, quiet
from services.models.handler.noun import Handler
from services.models.handler.pins import Packages, packages, release
from services.models.handler.rendering import render
from services.models.handler.schema import Schema, schema_of
from services.models.handler.wording import wording
from services.models.intake import Intake
from services.models.records import ModelRecord
from services.scaffold.literals import Trusted

_PICKLED = {"scikit-learn": "sklearn", "xgboost": "sklearn", "lightgbm": "sklearn"}
_TEMPLATE = {
    "scikit-learn": "sklearn", "onnx": "onnx", "pytorch": "torch", "safetensors": "torch", "xgboost": "xgboost",
    "lightgbm": "lightgbm", "keras": "keras", "mlflow": "mlflow",
}  # fmt: skip
_LOADS = {
    "torchscript": "torchscript",
    "torch-pt2": "pt2",
    "torch-checkpoint": "checkpoint",
    "keras-h5": "h5",
}


def generate(intake: Intake, file_name: str) -> Handler:
    """Make the handler of a model file; the same intake and name give the same text."""
    if intake.framework == "r":
        return r_handler.generate(intake, file_name)
    schema = schema_of(intake)
    kind = _kind(intake, schema)
    frame = kind == "sklearn" and schema.reader == "columns"
    needs = packages(intake, ("pandas",) if frame else ())
    facts = _facts(intake, schema, file_name, kind)
    files = {
        "score.py": render(f"python/score_{kind}.py", "score.py", facts),
        "conda.yaml": render("python/conda.yaml", "conda.yaml", _environment(needs)),
        "requirements.txt": requirements(needs.lines),
    }
    return Handler("python", "score.py", files)


def of_record(record: ModelRecord) -> Handler:
    """The generated handler with the files that the user has edited laid over it; requirements.txt follows conda.yaml."""
    generated = generate(record.intake, record.file_name)
    files = {**generated.files, **record.files}
    current = Handler(generated.language, generated.entry, files)
    if "conda.yaml" in record.files and "requirements.txt" not in record.files:
        files["requirements.txt"] = requirements(current.requirements)
    return Handler(generated.language, generated.entry, files)


def requirements(lines: tuple[str, ...]) -> str:
    """requirements.txt with these lines."""
    return render("python/requirements.txt", "requirements.txt", {"lines": [Trusted(line) for line in lines]})


def _environment(needs: Packages) -> dict[str, Any]:
    return {
        "python": Trusted(needs.python),
        "lines": [Trusted(f'"{line}"' if " " in line else line) for line in needs.lines],
        "notes": [Trusted(note) for note in needs.notes],
    }


def _kind(intake: Intake, schema: Schema) -> str:
    if schema.reader == "own":
        return "own"
    pickled = intake.format in ("scikit-learn-pickle", "joblib", "pickle", "skops")
    return _PICKLED.get(intake.framework, "own") if pickled else _TEMPLATE[intake.framework]


def _facts(intake: Intake, schema: Schema, file_name: str, kind: str) -> dict[str, Any]:
    """What the templates are filled in with."""
    tells_width = schema.reader != "matrix" or schema.named or schema.width is not None or kind == "onnx"
    booster = intake.framework in ("xgboost", "lightgbm")
    asks = kind == "sklearn" and schema.reader == "matrix" and not booster
    width_name = "WIDTH" if tells_width else "width"
    state = [
        ("answer", kind == "sklearn"),
        ("outputs", kind == "onnx"),
        ("objective", kind in ("xgboost", "lightgbm")),
    ]
    state += [("nulls", asks), ("width", not tells_width)]
    return wording(intake, schema) | _constants(intake, schema) | {
        "file_name": file_name,
        "reader": Trusted(schema.reader),
        "names": schema.named,
        "width_name": Trusted(width_name),
        "number": Trusted("np.float64" if kind == "sklearn" or intake.framework == "lightgbm" else "np.float32"),
        "nulls": Trusted("nulls" if asks else "NULLS"),
        "globals": Trusted(", ".join(["model", *(name for name, there in state if there)])),
        "loads": Trusted(_LOADS.get(intake.format, intake.format)),
        "tags": asks and not (0, 0) < release(intake.versions.get("scikit-learn", "")) < (1, 6),
    }  # fmt: skip


def _constants(intake: Intake, schema: Schema) -> dict[str, Any]:
    takes_nulls = intake.framework in ("xgboost", "lightgbm", "mlflow") or (
        schema.reader == "columns" and intake.framework == "scikit-learn"
    )
    tables = {c.name: (c.dtype or "float32", c.shape or None) for c in schema.columns}
    return {
        "columns": python([c.name for c in schema.columns]),
        "width": python(schema.width),
        "nulls_value": python(takes_nulls),
        "types": python({c.name: _plain_type(c.dtype) for c in schema.columns}),
        "categories": python({c.name: list(c.categories) for c in schema.columns if c.categories}),
        "inputs": python(tables),
        "trusted_packages": python(sorted({"numpy", "scipy", "sklearn", *_booster(intake)})),
        "key": python(intake.details["key"]) if isinstance(intake.details.get("key"), str) else None,
        "tensors": _tensors(intake),
    }


def _booster(intake: Intake) -> set[str]:
    return {name for name in ("xgboost", "lightgbm") if name == intake.framework}


def _plain_type(dtype: str) -> str:
    return "" if dtype == "object" else dtype


def _tensors(intake: Intake) -> list[tuple[Trusted, Trusted]]:
    """Names and shapes of the first weights, for a docstring."""
    found = intake.details.get("tensors")
    pairs = list(found.items())[:20] if isinstance(found, Mapping) else []
    return [(Trusted(quiet(name)), Trusted(_shape(shape))) for name, shape in pairs if quiet(name)]


def _shape(sizes: Any) -> str:
    return (
        f"({', '.join(str(int(n)) for n in sizes if isinstance(n, int))})"
        if isinstance(sizes, list | tuple)
        else "(?)"
    )
