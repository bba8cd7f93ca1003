"""How fast the local test server answers beside the bare inference server, when the first answer comes, what is blocked.

The bare server is `azmlinfsrv` as its documentation starts it, with a hand-written score.py on the same model, in the same
environment. Both are asked by the same client, in turns, so that whatever else the machine does falls on both.
GROUNDPLAN_BENCHMARK_MLFLOW=1 also builds an environment with MLflow and asks `mlflow models serve` (some minutes).
"""

import http.client
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.house import free_port, fresh_home
from services.models import attempts, environment, files, local_test, sandbox, serving, wanted
from services.models.candidate import Candidate
from services.models.environment import Environment
from services.models.handler import generate
from services.models.intake import Column, Intake
from services.models.wanted import Wanted
from services.models.watching import OverSocket

FEATURES = 30
ROUNDS = 15  # short ones in turns: what else the machine does falls on both
ROUND_S = 0.6
CLIENTS = (1, 4)
_MLFLOW = (
    "mlflow==3.17.2", "pandas==2.3.3", "scikit-learn==1.9.1", "joblib==1.6.0", "numpy==2.4.6", "skops==0.16.0",
)  # fmt: skip

TRAIN = f"""
import json, sys
import joblib
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = make_classification(500, {FEATURES}, random_state=0)
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), sys.argv[1])
print(json.dumps(X[0].tolist()))
"""
BY_HAND = """
import json, os
import joblib
import numpy as np

def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.joblib"))

def run(raw_data):
    rows = np.array(json.loads(raw_data)["data"], dtype=float)
    chances = model.predict_proba(rows)
    return {"predictions": chances.argmax(axis=1).tolist(), "probabilities": chances.tolist()}
"""
SAVE = """
import sys, joblib, mlflow.sklearn
mlflow.sklearn.save_model(joblib.load(sys.argv[1]), sys.argv[2], skops_trusted_types=["numpy.dtype"])
"""

Connect = Callable[[], http.client.HTTPConnection]


def measure() -> dict[str, Any]:
    """Requests a second and p95 beside the bare server, times to the first answer, the sandbox's table."""
    with fresh_home(0) as home, tempfile.TemporaryDirectory() as folder:
        os.environ["GROUNDPLAN_HOME"] = home["GROUNDPLAN_HOME"]
        try:
            return _measure(Path(folder))
        finally:
            serving.stop_all()


def _measure(folder: Path) -> dict[str, Any]:
    """A cold start builds the environment; the package manager's cache of downloads is the machine's own, and said so."""
    asked, model = _trained(folder)
    tested = _candidate(model, folder / "model.joblib")
    cold, _ = _first_answer(tested, asked)
    serving.stop(tested.server_key)
    warm, built = _first_answer(tested, asked)
    with _bare(built, folder) as bare:
        figures = {"isolation": sandbox.isolation(), **_compare(tested, bare, asked)}
    if os.environ.get("GROUNDPLAN_BENCHMARK_MLFLOW"):
        figures["mlflow"] = _mlflow(folder, asked)
    table = [asdict(one) for one in attempts.table()]
    return {
        **figures, "first_answer_cold_s": cold, "first_answer_warm_s": warm, "environment_s": round(built.took_s, 1),
        "sandbox_blocked": sum(one["blocked"] for one in table), "sandbox_tried": len(table), "sandbox": table,
    }  # fmt: skip


def _candidate(path: Path, named: Path) -> Candidate:
    """The candidate with the handler that a user gets, unedited."""
    stored = files.keep(path)
    intake = Intake(
        "joblib", "scikit-learn", "safe", (), stored.sha256, stored.size, {"scikit-learn": "1.9.1", "numpy": "2.4.6"},
        (Column("X", "float64", (None, FEATURES)),), (), "table", {"n_features_in_": FEATURES, "probabilities": True},
    )  # fmt: skip
    return Candidate(stored.sha256, named.name, generate(intake, named.name), allowed=True)


def _trained(folder: Path) -> tuple[Any, Path]:
    """Train the model with the very versions that will serve it, in an environment that is not part of the measurement."""
    base = environment.build(Wanted("3.11", ("scikit-learn==1.9.1", "joblib==1.6.0", "numpy==2.4.6")))
    file = folder / "model.joblib"
    line = [str(base.python), "-c", TRAIN, str(file)]
    row = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return {"data": [row]}, file


def _first_answer(tested: Candidate, asked: Any) -> tuple[float, Environment]:
    """Seconds from the start until the first right answer."""
    began = time.perf_counter()
    key = serving.start(tested, "benchmark")
    state = local_test.await_ready(key, lambda _: None)
    assert state.phase == "ready", (state.why, state.answer)
    assert serving.ask(key, asked).status == 200
    took = round(time.perf_counter() - began, 2)
    built = environment.found(wanted.of_files(tested.handler.files))
    assert built
    return took, built


@contextmanager
def _bare(built: Environment, folder: Path) -> Iterator[Connect]:
    """The inference server by itself, on a port of loopback, with a score.py written by hand."""
    code = folder / "bare"
    code.mkdir()
    (code / "score.py").write_text(BY_HAND)
    port = free_port()
    line = [str(built.python), "-m", "azureml_inference_server_http.amlserver", "--entry_script", "score.py"]
    settings = {
        "AZUREML_MODEL_DIR": str(folder),
        "PATH": f"{built.path}/bin:/usr/bin:/bin",
    } | sandbox.numeric()
    with _running([*line, "--port", str(port)], code, settings, folder / "bare.log") as _:
        connect = lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=30)  # noqa: E731
        _await(connect, folder / "bare.log")
        yield connect


@contextmanager
def _running(line: list[str], folder: Path, settings: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            line, cwd=folder, env=settings, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _await(connect: Connect, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            connection = connect()
            connection.request("GET", "/")
            if connection.getresponse().status < 500:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    raise RuntimeError(log.read_text()[-2000:])


def _compare(tested: Candidate, bare: Connect, asked: Any) -> dict[str, Any]:
    """Rounds in turns; the ratio of requests a second is the median over rounds."""
    account = serving.state(tested.server_key)
    assert account and account.phase == "ready"
    path = serving.socket_of(tested.server_key)
    ours: Connect = lambda: OverSocket(path, 30)  # noqa: E731
    body = json.dumps(asked).encode()
    figures: dict[str, Any] = {}
    for clients in CLIENTS:
        pairs = [(_round(ours, body, clients), _round(bare, body, clients)) for _ in range(ROUNDS)]
        figures[f"clients_{clients}"] = {
            "ours": _middle([one for one, _ in pairs]),
            "bare": _middle([one for _, one in pairs]),
            "ratio": round(_median([one["rps"] / other["rps"] for one, other in pairs]), 3),
        }
    return figures | {"startup_s": account.startup_s, "memory_peak_mb": account.memory_peak_mb}


def _round(connect: Connect, body: bytes, clients: int, path: str = "/score") -> dict[str, float]:
    """Ask for a while with so many clients, each in a thread and with a connection as long as it is kept."""
    times: list[float] = []
    until = time.perf_counter() + ROUND_S
    threads = [
        threading.Thread(target=_client, args=(connect, body, path, until, times)) for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return {
        "rps": len(times) / ROUND_S,
        "p50_ms": times[len(times) // 2] * 1000,
        "p95_ms": times[int(len(times) * 0.95)] * 1000,
    }


def _client(connect: Connect, body: bytes, path: str, until: float, times: list[float]) -> None:
    connection = connect()
    while time.perf_counter() < until:
        began = time.perf_counter()
        connection.request("POST", path, body=body, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        times.append(time.perf_counter() - began)
    connection.close()


def _mlflow(folder: Path, asked: Any) -> dict[str, Any]:
    """`mlflow models serve` on the same model, in an environment of its own."""
    built = environment.build(Wanted("3.11", _MLFLOW))
    saved, port = folder / "mlflow", free_port()
    settings = {"PATH": f"{built.path}/bin:/usr/bin:/bin", "HOME": str(folder)} | sandbox.numeric()
    line = [str(built.python), "-c", SAVE, str(folder / "model.joblib"), str(saved)]
    subprocess.run(line, check=True, env=settings, capture_output=True)
    serve = [str(built.python), "-m", "mlflow", "models", "serve", "-m", str(saved), "--env-manager", "local"]
    with _running([*serve, "-p", str(port), "-w", "1"], folder, settings, folder / "mlflow.log"):
        connect: Connect = lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=30)  # noqa: E731
        _await(connect, folder / "mlflow.log")
        body = json.dumps({"inputs": asked["data"]}).encode()
        return {
            f"clients_{clients}": _middle(
                [_round(connect, body, clients, "/invocations") for _ in range(ROUNDS)]
            )
            for clients in CLIENTS
        }


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(_median([one[name] for one in rounds]), 2) for name in rounds[0]}


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
