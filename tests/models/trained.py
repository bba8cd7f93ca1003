"""Models as people train them, for the tests of inspection: every kind that a scikit-learn user is likely to bring."""

import functools
import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from threadpoolctl import threadpool_limits


@functools.cache
def customers() -> tuple[pd.DataFrame, np.ndarray]:
    """A table with numbers, texts and levels, and a yes-or-no answer."""
    random = np.random.default_rng(0)
    data = {"age": random.integers(18, 80, 60), "city": random.choice(["Bern", "Oslo", "Rome"], 60)}
    data |= {"income": random.normal(size=60), "level": random.choice([1, 2, 3], 60)}
    return pd.DataFrame(data), random.choice(["no", "yes"], 60)


def churn() -> Pipeline:
    """A pipeline over the customers: columns of three kinds."""
    numbers = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
    texts = Pipeline([("fill", SimpleImputer(strategy="most_frequent")), ("encode", OneHotEncoder())])
    columns = [("numbers", numbers, ["age", "income"]), ("texts", texts, ["city"])]
    columns.append(("levels", OrdinalEncoder(), ["level"]))
    model = Pipeline(
        [("columns", ColumnTransformer(columns)), ("model", RandomForestClassifier(n_estimators=2))]
    )
    return model.fit(*customers())


@functools.cache
def everything() -> dict[str, Any]:
    """Name -> fitted model."""
    x, y = load_iris(return_X_y=True, as_frame=True)
    linear = LogisticRegression(max_iter=500)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SVC(probability=True)), {"svc__C": [1, 2]}, cv=2, scoring="f1_macro"
    )
    two = [("bayes", GaussianNB()), ("trees", HistGradientBoostingClassifier(max_iter=2))]
    models = {
        "forest": RandomForestClassifier(n_estimators=2), "boosting": GradientBoostingClassifier(n_estimators=2),
        "histograms": HistGradientBoostingRegressor(max_iter=2, categorical_features=[3]), "logistic": linear,
        "sgd": SGDClassifier(loss="log_loss"), "svc": SVC(probability=False),
        "knn": KNeighborsClassifier(algorithm="kd_tree"),
        "balls": KNeighborsClassifier(algorithm="ball_tree"), "network": MLPClassifier((3,), max_iter=5),
        "clusters": KMeans(3, random_state=np.random.RandomState(0)), "outliers": IsolationForest(n_estimators=2),
        "calibrated": CalibratedClassifierCV(LinearSVC(), method="isotonic", cv=2), "search": search,
        "stacked": StackingClassifier(two, cv=2), "votes": VotingClassifier(two, voting="soft"),
        "splines": make_pipeline(SplineTransformer(), LinearRegression()),
        "process": GaussianProcessRegressor(RBF() + WhiteKernel()),
        "functions": make_pipeline(FunctionTransformer(np.log1p), SelectKBest(k=2), linear), "scaler": StandardScaler(),
    }  # fmt: skip
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        fitted = {name: model.fit(x, y) for name, model in models.items()}
        texts = make_pipeline(TfidfVectorizer(), LogisticRegression())
        fitted["texts"] = texts.fit(["good a", "bad b", "good c", "bad d"], [1, 0, 1, 0])
        fitted["encoder"] = OneHotEncoder().fit(customers()[0][["city", "level"]])
        fitted["churn"] = churn()
        fitted["named"] = {"model": LogisticRegression().fit(x, y), "note": "trained in May"}
    return fitted
