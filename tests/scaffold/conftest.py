"""Projects of every kind, described: what the tests of the scaffold run over."""

from collections.abc import Callable
from typing import Any

import pytest

from services.parsing import parse
from services.scaffold import Chosen, Tree, describe

FRAMEWORKS = ("scikit-learn", "pytorch", "onnx", "xgboost", "lightgbm", "r")
ALL = ["csv", "xlsx", "json", "sql"]
SQL = {"mode": "existing", "server": "s", "database": "d"}
CHOICES: dict[str, dict[str, Any]] = {
    **{
        framework: {
            "learning": {"language": "r" if framework == "r" else "python", "framework": framework},
            "data_sources": ALL,
            "sql": {"mode": "new"},
        }
        for framework in FRAMEWORKS
    },
    "default": {},
    "r from csv": {"learning": {"language": "r"}, "devops": {"platform": "both"}},
    "only sql, nowhere yet": {"data_sources": ["sql"], "devops": {"platform": "azure-devops"}},
    "r, only sql": {"data_sources": ["sql"], "learning": {"language": "r"}, "sql": SQL},
    "no source, no platform": {"data_sources": [], "devops": {"platform": "none"}},
    "for azure": {
        "cloud": "azure",
        "subscription_id": "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
        "devops": {"platform": "both"},
    },
}

GOLDEN = (
    {"request": {"data": [[1.0, 2.5]]}, "expected": {"predictions": [1]}},
    {"request": {"data": [[0, 0]]}},
)
BROUGHT: dict[str, Chosen] = {
    "brought model": Chosen(
        "my_model-2.joblib", "python", "score.py",
        {
            "score.py": 'MODEL_FILE = "my_model-2.joblib"\n', "conda.yaml": "dependencies: []\n",
            "requirements.txt": "numpy\n",
        },
        GOLDEN, lambda: b"model",
    ),
    "brought model of R": Chosen(
        "model.rds", "r", "plumber.R",
        {"plumber.R": 'model_file <- "model.rds"\n', "Dockerfile": "COPY . /api\nCMD plumber.R\n"},
    ),
}  # fmt: skip
CHOICES |= {
    "brought model": {"devops": {"platform": "both"}},
    "brought model of R": {"learning": {"language": "r"}},
}

Make = Callable[..., Tree]


@pytest.fixture(params=CHOICES)
def tree(request: pytest.FixtureRequest) -> Tree:
    """The repository of each kind of project in turn."""
    return describe(parse({"name": "churn"} | CHOICES[request.param]).strict(), BROUGHT.get(request.param))


@pytest.fixture
def make() -> Make:
    """Describe a project: `make(name="fraud", data_sources=["json"])`."""
    return lambda **choices: describe(parse({"name": "churn"} | choices).strict())
