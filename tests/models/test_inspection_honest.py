"""Honest models that a strict inspection is tempted to refuse: they hold functions, distributions, trees, many parts."""

import pickle
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from services.models.inspection import inspect

X = np.random.default_rng(0).random((60, 3))
Y = (X.sum(axis=1) > 1.5).astype(int)


def model() -> LogisticRegression:
    """A plain model."""
    return LogisticRegression().fit(X, Y)


BENIGN: dict[str, Callable[[], Any]] = {
    "a search over a distribution": lambda: RandomizedSearchCV(
        model(), {"C": stats.loguniform(0.1, 10)}, n_iter=2, cv=2
    ).fit(X, Y),
    "a search over whole numbers": lambda: RandomizedSearchCV(
        RandomForestClassifier(), {"n_estimators": stats.randint(2, 5)}, n_iter=2, cv=2
    ).fit(X, Y),
    "a function of NumPy": lambda: make_pipeline(FunctionTransformer(np.log1p), model()).fit(X, Y),
    "sparse coefficients": lambda: LogisticRegression().fit(X, Y).sparsify(),
    "neighbours in a tree": lambda: KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
    "a large forest": lambda: RandomForestClassifier(9).fit(np.random.default_rng(1).random((3000, 3)), np.arange(3000) % 2),
}  # fmt: skip


@pytest.mark.parametrize("name", BENIGN)
def test_an_honest_model_is_safe_however_it_is_written(tmp_path, name):
    """By every protocol, and by joblib with its ways of packing."""
    made = BENIGN[name]()
    for way in (2, 4, 5, 0, ("zlib", 3), ("bz2", 3)):
        path = tmp_path / f"{way}"
        if isinstance(way, int) and way:
            path.write_bytes(pickle.dumps(made, way))
        else:
            joblib.dump(made, path, compress=way)
        assert (inspect(path).verdict, inspect(path).reasons) == ("safe", ()), way


def test_a_vocabulary_of_many_words_leaves_room_for_what_comes_after_it(tmp_path):
    """Long lists are not kept for ever; the small parts behind them, which say where arrays end, still are."""
    words = CountVectorizer()
    words.vocabulary_ = {f"w{i}": i for i in range(420_000)}
    path = tmp_path / "model"
    joblib.dump(Pipeline([("words", words), ("model", model())]), path)
    assert (inspect(path).verdict, inspect(path).reasons) == ("safe", ())


def test_names_of_older_releases_are_known(tmp_path):
    """scikit-learn 1.4 to 1.7 name losses by a module without its package, NumPy its functions by a compiled module."""
    older = b"c_loss\nCyHalfSquaredError\n)R0cnumpy.core._multiarray_umath\nlog1p\n0"
    path = tmp_path / "model"
    path.write_bytes(b"\x80\x04" + older + pickle.dumps(model(), 3)[2:])
    assert inspect(path).verdict == "safe"
