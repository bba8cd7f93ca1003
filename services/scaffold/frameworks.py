"""What each framework brings to the repository: its model file and its packages, with the versions tried together."""

from dataclasses import dataclass

from services.scaffold.literals import Trusted

# Tried together on Python 3.11 in November 2026: one table, so that training, tests and cloud use the same.
VERSIONS = {
    "azure-identity": "1.27.0", "azureml-inference-server-http": "1.5.1", "joblib": "1.6.0", "lightgbm": "4.7.0",
    "numpy": "2.4.6", "onnx": "1.23.2", "onnxruntime": "1.32.0", "openpyxl": "3.1.5", "pandas": "3.1.1",
    "pyodbc": "5.5.0", "pytest": "9.2.0", "scikit-learn": "1.9.1", "skl2onnx": "1.20.0", "sqlalchemy": "2.1.9",
    "torch": "2.13.0", "xgboost-cpu": "3.2.0",
}  # fmt: skip
# Plain `torch` brings gigabytes for graphics cards.
TORCH_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
READERS = {"csv": (), "json": (), "xlsx": ("openpyxl",), "sql": ("sqlalchemy", "pyodbc", "azure-identity")}
R_READERS = {"csv": (), "json": (), "xlsx": ("readxl",), "sql": ("DBI", "odbc")}


@dataclass(frozen=True)
class Framework:
    """One way to learn a model. `training` comes on top of `serving`, which is all that the cloud needs."""

    key: str
    title: Trusted
    model_file: Trusted
    serving: tuple[str, ...]
    training: tuple[str, ...] = ()
    options: tuple[Trusted, ...] = ()


FRAMEWORKS = {
    f.key: f
    for f in (
        Framework(
            "scikit-learn", Trusted("scikit-learn"), Trusted("model.joblib"), ("joblib", "scikit-learn")
        ),
        Framework(
            "pytorch", Trusted("PyTorch"), Trusted("model.pt"), ("torch",), options=(Trusted(TORCH_INDEX),)
        ),
        Framework(
            "onnx",
            Trusted("ONNX"),
            Trusted("model.onnx"),
            ("onnxruntime",),
            ("scikit-learn", "skl2onnx", "onnx"),
        ),
        Framework("xgboost", Trusted("XGBoost"), Trusted("model.json"), ("xgboost-cpu",)),
        Framework("lightgbm", Trusted("LightGBM"), Trusted("model.txt"), ("lightgbm",)),
        Framework("r", Trusted("R"), Trusted("model.rds"), ("jsonlite", "plumber")),
    )
}


def pinned(*names: str) -> list[Trusted]:
    """Requirement lines with versions, sorted, each once."""
    return [Trusted(f"{name}=={VERSIONS[name]}") for name in sorted(set(names))]
