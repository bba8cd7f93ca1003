"""Run in an environment of models, not in ours: trains one model of each kind, and asks generated handlers.

python handler_trained.py train FOLDER            writes FOLDER/<key>.<suffix> and told.json: what each model says itself
python handler_trained.py ask FOLDER REQUESTS     loads FOLDER/handlers/<key>/score.py and prints the answers as JSON
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

COLUMNS = ["a", "b", "c", "d"]


def train(folder: Path) -> None:
    """Everything that the handlers answer for, with what the models themselves say to the first rows."""
    rng = np.random.default_rng(7)
    rows = pd.DataFrame(rng.normal(size=(120, 4)), columns=COLUMNS)
    target = (rows.a + rows.b > 0).astype(int).to_numpy()
    told: dict[str, Any] = {}
    _pickled(folder, rows, target, told)
    _texts(folder, told)
    _boosters(folder, rows, target, told)
    (folder / "told.json").write_text(json.dumps(told))


def _pickled(folder: Path, rows: pd.DataFrame, target: Any, told: dict[str, Any]) -> None:
    from lightgbm import LGBMClassifier
    from sklearn.cluster import KMeans
    from sklearn.compose import make_column_transformer
    from sklearn.decomposition import PCA
    from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from xgboost import XGBClassifier

    words = np.where(target, "yes", "no")
    mixed = rows.assign(city=["north", "south"] * (len(rows) // 2))
    by_name = make_column_transformer((StandardScaler(), COLUMNS), (OneHotEncoder(), ["city"]))
    models = {
        "pipeline": make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, target),
        "words": RandomForestClassifier(5, n_jobs=2, random_state=7).fit(rows, words),
        "regression": LinearRegression().fit(rows, rows.a * 2),
        "two outputs": LinearRegression().fit(rows, rows[["a", "b"]]),
        "nulls": HistGradientBoostingClassifier(max_iter=4).fit(rows, target),
        "clusters": KMeans(3, n_init=1, random_state=7).fit(rows),
        "transformer": PCA(2).fit(rows),
        "outliers": IsolationForest(n_estimators=5, random_state=7).fit(rows),
        "no names": LogisticRegression().fit(rows.to_numpy(), target),
        "search": GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(rows, target),
        "wrapped xgboost": XGBClassifier(n_estimators=4, n_jobs=2).fit(rows, target),
        "wrapped lightgbm": LGBMClassifier(n_estimators=4, verbose=-1).fit(rows, words),
        "by name": make_pipeline(by_name, LogisticRegression()).fit(mixed, words),
    }
    for key, model in models.items():
        joblib.dump(model, folder / f"{key}.joblib")
        asked = (mixed if key == "by name" else rows).head(5)
        answer = model.predict(asked) if hasattr(model, "predict") else model.transform(asked)
        said = {
            "file": f"{key}.joblib",
            "rows": asked.to_numpy(object).tolist(),
            "predictions": answer.tolist(),
        }
        told[key] = said | (
            {"probabilities": model.predict_proba(asked).tolist()} if hasattr(model, "predict_proba") else {}
        )
    import skops.io

    skops.io.dump(models["pipeline"], folder / "skops.skops")
    told["skops"] = told["pipeline"] | {"file": "skops.skops"}


def _texts(folder: Path, told: dict[str, Any]) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts = ["a good day", "a bad day", "good", "bad"]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, ["+", "-", "+", "-"])
    joblib.dump(model, folder / "texts.joblib")
    told["texts"] = {"file": "texts.joblib", "rows": texts, "predictions": model.predict(texts).tolist()}


def _boosters(folder: Path, rows: pd.DataFrame, target: Any, told: dict[str, Any]) -> None:
    import lightgbm
    import xgboost

    three = np.arange(len(rows)) % 3
    asked = rows.head(5)
    aims = {"binary": target, "classes": three, "value": rows.a}
    for aim, values in aims.items():
        more = {"num_class": 3} if aim == "classes" else {}
        objective = {"binary": "binary:logistic", "classes": "multi:softprob", "value": "reg:squarederror"}[
            aim
        ]
        booster = xgboost.train({"objective": objective, **more}, xgboost.DMatrix(rows, values), 4)
        booster.save_model(folder / f"xgboost {aim}.ubj")
        said = booster.predict(xgboost.DMatrix(asked))
        told[f"xgboost {aim}"] = {
            "file": f"xgboost {aim}.ubj",
            "rows": asked.to_numpy().tolist(),
            **_meant(aim, said),
        }
        objective = {"binary": "binary", "classes": "multiclass", "value": "regression"}[aim]
        light = lightgbm.train(
            {"objective": objective, "verbose": -1, **more}, lightgbm.Dataset(rows, values), 4
        )
        light.save_model(folder / f"lightgbm {aim}.txt")
        told[f"lightgbm {aim}"] = {
            "file": f"lightgbm {aim}.txt", "rows": asked.to_numpy().tolist(), **_meant(aim, light.predict(asked)),
        }  # fmt: skip


def _meant(aim: str, said: Any) -> dict[str, Any]:
    """What a booster's numbers mean."""
    if aim == "value":
        return {"predictions": said.tolist()}
    chances = np.column_stack([1 - said, said]) if aim == "binary" else said
    return {"predictions": chances.argmax(axis=1).tolist(), "probabilities": chances.tolist()}


def ask(folder: Path, requests: Path) -> None:
    """Each handler's answers to its requests: [status, body]; a text is sent as it is."""
    os.environ["AZUREML_MODEL_DIR"] = str(folder)
    answers: dict[str, list[Any]] = {}
    for key, asked in json.loads(requests.read_text()).items():
        spec = importlib.util.spec_from_file_location(
            f"score_{len(answers)}", folder / "handlers" / key / "score.py"
        )
        assert spec and spec.loader
        score = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(score)
        score.init()
        answers[key] = [
            _answered(score.run(one if isinstance(one, str) else json.dumps(one))) for one in asked
        ]
    print(json.dumps(answers, allow_nan=False))


def _answered(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        return [200, answer]
    return [answer.status_code, json.loads(answer.get_data())]


if __name__ == "__main__":
    if sys.argv[1] == "train":
        train(Path(sys.argv[2]))
    else:
        ask(Path(sys.argv[2]), Path(sys.argv[3]))
