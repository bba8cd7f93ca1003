"""Makes the sample models and their golden sets from the made-up customers of services/scaffold/sample.py.

    uv venv build/samples --python 3.11
    uv pip install --python build/samples/bin/python -r assets/samples/requirements.txt
    build/samples/bin/python assets/samples/make.py

The same versions give the same files. The model of R is made when Rscript is installed, and left as it is otherwise.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
import xgboost
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
COLUMNS = ["age", "tenure_months", "monthly_charge", "support_calls"]
# One who stays, one who leaves, and two that are less sure.
ASKED = [[58.0, 96.0, 22.0, 0.0], [23.0, 2.0, 96.0, 9.0], [45.0, 80.0, 40.0, 2.0], [31.0, 14.0, 70.5, 2.0]]


def main() -> None:
    """Make everything."""
    rows = customers()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[COLUMNS], rows["churned"])
    joblib.dump(model, HERE / "churn.joblib")
    asked = pd.DataFrame(ASKED, columns=COLUMNS)
    golden("churn", asked, model.predict(asked).tolist())
    onnx(model, asked)
    revenue(rows, asked)
    in_r(rows, asked)


def customers() -> pd.DataFrame:
    """The sample of every project, from the one place where it is made."""
    place = HERE.parents[1] / "services" / "scaffold" / "sample.py"
    spec = importlib.util.spec_from_file_location("sample", place)
    assert spec and spec.loader
    sample = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sample)
    return pd.DataFrame(json.loads(sample.json_text()))


def onnx(model: Pipeline, asked: pd.DataFrame) -> None:
    """The same classifier as ONNX, with one named input for each column."""
    inputs = [(name, FloatTensorType([None, 1])) for name in COLUMNS]
    made = convert_sklearn(model, "churn", inputs, options={id(model): {"zipmap": False}}, target_opset=21)
    (HERE / "churn.onnx").write_bytes(made.SerializeToString(deterministic=True))
    session = onnxruntime.InferenceSession(HERE / "churn.onnx")
    feed = {name: asked[[name]].to_numpy(np.float32) for name in COLUMNS}
    golden("churn-onnx", asked, session.run(None, feed)[0].tolist())


def revenue(rows: pd.DataFrame, asked: pd.DataFrame) -> None:
    """What a customer has paid in all, by gradient boosting, in XGBoost's own format."""
    paid = rows["tenure_months"] * rows["monthly_charge"]
    settings = {"objective": "reg:squarederror", "max_depth": 4, "eta": 0.2, "seed": 7, "nthread": 1}
    booster = xgboost.train(settings, xgboost.DMatrix(rows[COLUMNS], paid), 40)
    booster.save_model(HERE / "revenue.json")
    golden("revenue", asked, booster.predict(xgboost.DMatrix(asked)).tolist())


def in_r(rows: pd.DataFrame, asked: pd.DataFrame) -> None:
    """The same as a linear model of R, with a factor: the customer's plan."""
    if not shutil.which("Rscript"):
        print("no Rscript: revenue.rds stays as it is", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        table, asking = Path(folder) / "rows.csv", Path(folder) / "asked.csv"
        planned(rows).to_csv(table, index=False)
        planned(asked).to_csv(asking, index=False)
        command = [
            "Rscript",
            "--vanilla",
            str(HERE / "make.R"),
            str(table),
            str(asking),
            str(HERE / "revenue.rds"),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    golden("revenue-r", planned(asked), json.loads(done.stdout))


def planned(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the plan that goes with the charge."""
    plan = pd.cut(rows["monthly_charge"], [0, 40, 75, 1000], labels=["basic", "standard", "premium"])
    return rows.assign(plan=plan.astype(str))


def golden(name: str, asked: pd.DataFrame, predictions: list[Any]) -> None:
    """Two requests, rows in order and rows by name, with what the model itself says to them."""
    half = len(asked) // 2
    rows, records = asked.to_numpy(object).tolist(), asked.to_dict("records")
    cases = [
        {"request": {"data": rows[:half]}, "expected": {"predictions": predictions[:half]}},
        {"request": {"data": records[half:]}, "expected": {"predictions": predictions[half:]}},
    ]
    (HERE / f"{name}.golden.json").write_text(json.dumps(cases, indent=2) + "\n")


if __name__ == "__main__":
    main()
