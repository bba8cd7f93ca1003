"""Writes the scikit-learn part of the allow-list from an installed scikit-learn; run it with each version to be known.

    python tests/models/files/make_allowed.py >> names && sort -u names > services/models/inspection/sklearn_names.txt

Only names that the package itself defines are taken, each with its kind:
class   may be made without arguments of its own (object.__new__) and given attributes
call    may also be called with arguments: its constructor only stores numbers and arrays
new     makes an instance of the class that is its first argument (Cython's reconstructors)
value   a function that may be mentioned, never called while loading
"""

import importlib
import inspect
import pkgutil
import sys
import types
import warnings

import sklearn
from sklearn.base import BaseEstimator

SKIPPED = {
    "tests", "datasets", "externals", "_testing", "estimator_checks", "_mocking", "_build_utils", "conftest",
    "_plot", "_plotting", "callback", "experimental", "__check_build", "_joblib", "_pprint", "fixes",
}  # fmt: skip
PARTS = {
    "sklearn._loss.link": "class", "sklearn._loss.loss": "class", "sklearn._loss._loss": "call",
    "sklearn.calibration": "class", "sklearn.cluster._birch": "class", "sklearn.cluster._bisect_k_means": "class",
    "sklearn.compose._column_transformer": "class", "sklearn.ensemble._gb_losses": "class",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "class", "sklearn.gaussian_process.kernels": "class",
    "sklearn.impute._iterative": "class", "sklearn.linear_model._sgd_fast": "call",
    "sklearn.linear_model._linear_loss": "class", "sklearn.metrics._dist_metrics": "class",
    "sklearn.metrics._scorer": "class", "sklearn.model_selection._split": "class",
    "sklearn.neighbors._kd_tree": "class", "sklearn.neighbors._ball_tree": "class",
    "sklearn.neural_network._stochastic_optimizers": "class", "sklearn.tree._tree": "call",
    "sklearn.utils._bunch": "class", "sklearn.utils._metadata_requests": "class",
}  # fmt: skip
FUNCTIONS = ("sklearn.metrics", "sklearn.metrics.pairwise", "sklearn.feature_selection")
FUNCTION_HOMES = (
    "sklearn.metrics._classification", "sklearn.metrics._ranking", "sklearn.metrics._regression",
    "sklearn.metrics.cluster.", "sklearn.metrics.pairwise", "sklearn.feature_selection.",
)  # fmt: skip
SINGLE = {
    ("sklearn.preprocessing._function_transformer", "_identity"): "value",
    ("sklearn.utils.validation", "check_array"): "value",
    ("sklearn.cluster._kmeans", "_kmeans_single_lloyd"): "value",
    ("sklearn.cluster._kmeans", "_kmeans_single_elkan"): "value",
    ("sklearn.feature_extraction.text", "strip_accents_unicode"): "value",
    ("sklearn.feature_extraction.text", "strip_accents_ascii"): "value",
}
REFUSED = (
    "Builder",
    "Display",
    "Mixin",
    "Pruner",
    "PathFinder",
    "PyFunc",
    "ParameterSampler",
    "Prune",
    "_Enum",
)


def names() -> dict[tuple[str, str], str]:
    """Every allowed name of the installed version with its kind."""
    found = dict(SINGLE)
    for module in modules():
        for name, thing in vars(module).items():
            kind = kind_of(module.__name__, name, thing)
            if kind:
                found[module.__name__, name] = kind
    for public in FUNCTIONS:
        package = importlib.import_module(public)
        for name in package.__all__ if hasattr(package, "__all__") else vars(package):
            thing = getattr(package, name)
            if isinstance(thing, types.FunctionType) and is_measure(thing):
                found[thing.__module__, name] = "value"
    return found


def is_measure(function: types.FunctionType) -> bool:
    """Whether a function only computes a figure or a kernel from arrays."""
    name = function.__name__
    return function.__module__.startswith(FUNCTION_HOMES) and not name.startswith(("_", "check_"))


def modules() -> list[types.ModuleType]:
    """The modules of scikit-learn that hold models."""
    loaded = []
    for one in pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda name: None):
        if not SKIPPED & set(one.name.split(".")):
            try:
                loaded.append(importlib.import_module(one.name))
            except Exception as error:
                print(f"left out {one.name}: {error}", file=sys.stderr)
    return loaded


def kind_of(module: str, name: str, thing: object) -> str | None:
    """The kind of a name that a module defines itself; None for what a model does not hold."""
    if any(word in name for word in REFUSED):
        return None
    if (name.startswith("__pyx_unpickle_") or name == "newObj") and module in PARTS:
        return "new"
    if not inspect.isclass(thing) or thing.__module__ != module or thing.__qualname__ != name:
        return None
    if issubclass(thing, BaseException):
        return None
    if module in PARTS and not issubclass(thing, BaseEstimator):
        return PARTS[module]
    return "class" if issubclass(thing, BaseEstimator) and not inspect.isabstract(thing) else None


def traits() -> dict[str, str]:
    """Class name -> what an estimator does, for those that scikit-learn lists."""
    from sklearn.utils import all_estimators

    found = {}
    for task in ("classifier", "regressor", "cluster", "transformer"):
        for name, kind in all_estimators(type_filter=task):
            probabilities = " probabilities" if hasattr(kind, "predict_proba") else ""
            found.setdefault(name, f"{task}{probabilities if task == 'classifier' else ''}")
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["traits"]:
        print("\n".join(f"{name} {trait}" for name, trait in sorted(traits().items())))
    else:
        print("\n".join(f"{module} {name} {kind}" for (module, name), kind in sorted(names().items())))
