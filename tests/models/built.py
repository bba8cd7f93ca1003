"""What tests of serving share: one built environment, a trained model, and handlers that behave well or badly."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.models import environment, files, serving, wanted
from services.models.candidate import Candidate
from services.models.handler import Handler
from services.models.server_state import ServerState
from services.processes import locks

CONDA = """\
dependencies:
  - python=3.11
  - pip
  - pip:
      - scikit-learn==1.9.1
      - joblib==1.6.0
      - numpy==2.4.6
      - azureml-inference-server-http==1.5.1
"""
SCORE = """\
import json
import os
from pathlib import Path

import joblib
import numpy as np
from azureml_inference_server_http.api.aml_response import AMLResponse

model = None


def init():
    global model
    model = joblib.load(next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("*.joblib")))


def run(raw_data):
    try:
        rows = np.array(json.loads(raw_data)["data"], dtype=float)
        if rows.ndim != 2 or rows.shape[1] != 4:
            raise ValueError("Every row needs 4 numbers.")
    except (ValueError, TypeError, KeyError) as error:
        return AMLResponse({"error": str(error)}, 400, json_str=True)
    chances = model.predict_proba(rows)
    return {"predictions": [int(one) for one in chances.argmax(axis=1)], "probabilities": chances.tolist()}
"""
TRAIN = """\
import json, sys
import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
X, y = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=500).fit(X, y)
joblib.dump(model, sys.argv[1])
rows = X[::25].tolist()
print(json.dumps([rows, model.predict(X[::25]).tolist(), model.predict_proba(X[::25]).tolist()]))
"""
ROW = [5.1, 3.5, 1.4, 0.2]


def simple(body: str, head: str = "", init: str = "pass") -> str:
    """A handler without a model: what stands at its top, in init() and in run()."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return f"import json\n{head}\n\ndef init():\n    {init}\n\n\ndef run(raw_data):\n{indented}\n"


@pytest.fixture
def model_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh installation that finds the environments of the whole test run; no test server outlives the test."""
    shared = _shared(tmp_path_factory) / "environments"
    shared.mkdir(exist_ok=True)
    (home / "models").mkdir()
    (home / "models" / "environments").symlink_to(shared)
    yield home
    serving.stop_all()


@pytest.fixture
def built(model_home: Path) -> environment.Environment:
    """An environment with scikit-learn and Azure's inference server."""
    return environment.build(wanted.of_conda(CONDA))


@pytest.fixture
def iris(built: environment.Environment, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A model of irises, with rows, classes and probabilities as the model itself gives them."""
    file = _shared(tmp_path_factory) / "iris.joblib"
    told = file.with_suffix(".json")
    with locks.exclusive(file.with_suffix(".lock"), within=120):
        if not told.exists():
            line = [str(built.python), "-c", TRAIN, str(file)]
            told.write_text(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return file, json.loads(told.read_text())


def candidate(path: Path, score: str = SCORE, **more: Any) -> Candidate:
    """A candidate of a file with a handler in Python."""
    stored = files.keep(path)
    handler = Handler("python", "score.py", {"score.py": score, "conda.yaml": more.pop("conda", CONDA)})
    return Candidate(stored.sha256, path.name, handler, **({"allowed": True} | more))


def plain(tmp_path: Path, score: str, **more: Any) -> Candidate:
    """A candidate whose handler needs no model."""
    file = tmp_path / "model.bin"
    file.write_bytes(b"nothing")
    return candidate(file, score, **more)


def settled(key: str, within_s: float = 90) -> ServerState:
    """The server when it is ready or has ended."""
    return until(key, lambda state: state.phase not in ("building", "starting"), within_s)


def until(key: str, fits: Any, within_s: float = 30) -> ServerState:
    """The server as soon as its state fits."""
    deadline = time.monotonic() + within_s
    while True:
        state = serving.state(key)
        assert state is not None
        if fits(state):
            return state
        assert time.monotonic() < deadline, state
        time.sleep(0.05)


def _shared(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
