"""What a scikit-learn model is and takes, read from the symbols that its pickle or skops file would build."""

from collections.abc import Iterator
from typing import Any

from services.models.inspection import arrays, boosters_in_pickles
from services.models.inspection.allowed import traits
from services.models.inspection.findings import Report
from services.models.inspection.symbols import Global, Map, Obj, Seq
from services.models.intake import Column

_TASKS = {
    "classifier": "classification",
    "regressor": "regression",
    "cluster": "clustering",
    "transformer": "transform",
}
_INNER = ("best_estimator_", "estimator", "_final_estimator", "base_estimator", "regressor_", "estimator_")
_KEEPS_COLUMNS = {"SimpleImputer", "KNNImputer", "IterativeImputer", "FunctionTransformer"}
_ENCODERS = {"OneHotEncoder", "OrdinalEncoder", "TargetEncoder"}
_SHOWN = 500


def describe(root: Any, imports: list[Global], report: Report) -> bool:
    """Fill in what a model file's root says of itself; False when it is no estimator."""
    model, key = _find(root)
    packages = sorted(
        {one.module.split(".")[0] for one in imports} - {"builtins", "copyreg", "collections", "joblib"}
    )
    report.details["packages"] = packages
    if model is None:
        return False
    if key:
        report.details["key"] = key
    _versions(model, report)
    report.details["estimator"] = model.type_name
    report.details["steps"] = [f"{name}: {step.type_name}" for name, step in _steps(model)]
    final = _final(model)
    report.details["task"] = _task(final)
    report.details["probabilities"] = _probabilities(final)
    _inputs(model, report)
    _outputs(model, final, report)
    return True


def _find(root: Any) -> tuple[Obj | None, str]:
    """The estimator itself, or the one under a key of a dict; with the key."""
    if _is_estimator(root):
        return root, ""
    for key, value in root.pairs if isinstance(root, Map) else ():
        if isinstance(key, str) and _is_estimator(value):
            return value, key
    return None, ""


def _is_estimator(value: Any) -> bool:
    if not isinstance(value, Obj) or not isinstance(value.made_by, Global) or arrays.is_array(value):
        return False
    package = value.made_by.module.split(".")[0]
    return package in ("sklearn", "xgboost", "lightgbm") or value.get("_sklearn_version") is not None


def _versions(model: Obj, report: Report) -> None:
    for one in _all(model):
        version = one.get("_sklearn_version")
        if isinstance(version, str):
            report.versions.setdefault("scikit-learn", version[:40])
            return


def _all(model: Obj, depth: int = 0) -> Iterator[Obj]:
    """An estimator and those within it that matter for its signature."""
    yield model
    if depth < 8:
        for _, step in _steps(model):
            yield from _all(step, depth + 1)
        for name in _INNER:
            inner = model.get(name)
            if _is_estimator(inner):
                yield from _all(inner, depth + 1)


def _steps(model: Obj) -> list[tuple[str, Obj]]:
    """The named parts of a pipeline, column transformer, union or ensemble."""
    found = []
    for name in ("steps", "transformers_", "transformer_list", "estimators"):
        listed = model.get(name)
        for one in listed.items if isinstance(listed, Seq) else ():
            parts = one.items if isinstance(one, Seq) else []
            if len(parts) >= 2 and isinstance(parts[0], str) and isinstance(parts[1], Obj):
                found.append((parts[0], parts[1]))
        if found:
            break
    return found[:100]


def _final(model: Obj, depth: int = 0) -> Obj:
    """The estimator whose `predict` answers: the last step, or what a search or wrapper found."""
    if depth > 8:
        return model
    if model.type_name == "Pipeline" and (steps := _steps(model)):
        return _final(steps[-1][1], depth + 1)
    wraps = model.type_name.endswith(("SearchCV", "ThresholdClassifier", "ThresholdClassifierCV"))
    for name in ("best_estimator_", "estimator_") if wraps else ():
        inner = model.get(name)
        if isinstance(inner, Obj):
            return _final(inner, depth + 1)
    if model.type_name == "FrozenEstimator" and isinstance(inner := model.get("estimator"), Obj):
        return _final(inner, depth + 1)
    return model


def _task(final: Obj) -> str:
    known = traits().get(final.type_name, "").split(" ")[0]
    if not known and final.type_name.endswith(("Classifier", "Regressor")):
        known = "classifier" if final.type_name.endswith("Classifier") else "regressor"
    if not known and final.get("classes_") is not None:
        known = "classifier"
    return _TASKS.get(known, "unknown")


def _probabilities(final: Obj) -> bool:
    """Whether `predict_proba` is there: by class, and by the settings that switch it."""
    name = final.type_name
    if name in ("SVC", "NuSVC"):
        return bool(final.get("probability") is True)
    if name == "SGDClassifier":
        return final.get("loss") in ("log_loss", "log", "modified_huber")
    if name == "VotingClassifier":
        return bool(final.get("voting") == "soft")
    if name == "StackingClassifier" and isinstance(inner := final.get("final_estimator_"), Obj):
        return _probabilities(inner)
    if name in ("OneVsRestClassifier", "SelfTrainingClassifier", "RFE", "RFECV", "MultiOutputClassifier"):
        inner = final.get("estimator")
        return _probabilities(inner) if isinstance(inner, Obj) else False
    return "probabilities" in traits().get(name, "") or name in ("XGBClassifier", "LGBMClassifier")


def _inputs(model: Obj, report: Report) -> None:
    names = count = None
    first: Obj = model
    for one in _entry(model):
        names = names or arrays.values(one.get("feature_names_in_"), 100_000)
        given = arrays.scalar_value(
            one.get("n_features_in_", one.get("_n_features_in", one.get("_n_features")))
        )
        if one.type_name.startswith(("XGB", "LGBM", "Booster")):
            of_booster, held = boosters_in_pickles.columns(one)
            names, given = names or of_booster, held if given is None else given
        count = count if count is not None else given
        first = one
        if names:
            break
    if first.type_name.endswith("Vectorizer") and not names:
        report.inputs, report.columns = [Column("text", "str")], "table"
        report.details |= {"named": False, "text": True, "sparse": True}
        return
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= 1_000_000:
        count = len(names) if names else None
    report.details["named"] = bool(names)
    if count is None:
        return
    report.details["n_features"] = count
    kinds = _column_kinds(model, names)
    listed = [str(one) for one in names] if names else [f"x{i}" for i in range(min(count, 10_000))]
    report.inputs = [_column(name, i, kinds) for i, name in enumerate(listed)]
    report.columns = "table"


def _column(name: str, place: int, kinds: dict[Any, tuple[str, tuple[Any, ...]]]) -> Column:
    dtype, categories = kinds.get(name, kinds.get(place, ("float64", ())))
    return Column(name, dtype, (), categories)


def _entry(model: Obj, depth: int = 0) -> Iterator[Obj]:
    """The estimators that see the request's columns first, from the outside in."""
    yield model
    inner = next((model.get(name) for name in _INNER if isinstance(model.get(name), Obj)), None)
    steps = _steps(model) if model.type_name in ("Pipeline", "FeatureUnion") else []
    first = steps[0][1] if steps else inner
    if isinstance(first, Obj) and depth < 8:
        yield from _entry(first, depth + 1)


def _column_kinds(model: Obj, names: list[Any] | None) -> dict[Any, tuple[str, tuple[Any, ...]]]:
    """Columns that an encoder takes, with their categories: (dtype, categories) by name or place."""
    for one in _entry(model):
        if one.type_name == "ColumnTransformer":
            listed = one.get("transformers_")
            found: dict[Any, tuple[str, tuple[Any, ...]]] = {}
            for entry in listed.items if isinstance(listed, Seq) else ():
                parts = entry.items if isinstance(entry, Seq) else []
                if len(parts) == 3:
                    found |= _encoded(parts[1], _chosen(parts[2]))
            return found
        if one.type_name in _ENCODERS:
            categories = one.get("categories_")
            count = len(categories.items) if isinstance(categories, Seq) else 0
            return _encoded(one, list(names or range(count)))
        if one.type_name not in ("Pipeline", "GridSearchCV", "RandomizedSearchCV") and one is not model:
            break
    return {}


def _encoded(transformer: Any, columns: list[Any]) -> dict[Any, tuple[str, tuple[Any, ...]]]:
    chain = [transformer] if isinstance(transformer, Obj) else []
    if chain and chain[0].type_name == "Pipeline":
        chain = [step for _, step in _steps(chain[0])]
    for one in chain:
        if one.type_name.endswith("Vectorizer"):
            return dict.fromkeys(columns, ("str", ()))
        if one.type_name in _ENCODERS:
            categories = one.get("categories_")
            lists = categories.items if isinstance(categories, Seq) else []
            return {c: _kind(arrays.values(v)) for c, v in zip(columns, lists, strict=False)}
        if one.type_name not in _KEEPS_COLUMNS:
            break
    return {}


def _kind(categories: list[Any] | None) -> tuple[str, tuple[Any, ...]]:
    if not categories:
        return "str", ()
    texts = any(isinstance(one, str) for one in categories)
    dtype = "str" if texts else "int64" if all(isinstance(one, int) for one in categories) else "float64"
    plain = tuple(one for one in categories if isinstance(one, str | int | float | bool) and one == one)
    return dtype, plain[:_SHOWN] if len(categories) <= _SHOWN else ()


def _chosen(columns: Any) -> list[Any]:
    if isinstance(columns, str | int):
        return [columns]
    return arrays.values(columns, 100_000) or []


def _outputs(model: Obj, final: Obj, report: Report) -> None:
    classes: list[Any] = []
    for one in (model, final, *_all(model)):
        found = one.get("classes_")
        if found is None and one.type_name.startswith("LGBM"):
            found = one.get("_classes")
        if found is not None and (listed := arrays.values(found)):
            classes = listed
            break
    count = final.get("n_classes_")
    if not classes and final.type_name.startswith("XGB") and isinstance(count, int) and 1 < count <= 10_000:
        classes = list(range(count))
    if classes and report.details["task"] != "regression":
        report.details["classes"] = classes[:_SHOWN]
        report.outputs = [Column("prediction", _kind(classes)[0], (), tuple(classes[:_SHOWN]))]
    elif report.details["task"] == "clustering":
        report.outputs = [Column("prediction", "int32")]
    elif report.details["task"] == "regression":
        report.outputs = [Column("prediction", "float64")]
