"""XGBoost's and LightGBM's own files: data that their libraries read, without code of the author."""

import re
from typing import Any

from services.models.inspection import lightgbm_trees
from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.streams import CHUNK, FilePlace, stream
from services.models.inspection.trees_as_json import Json, Ubjson
from services.models.inspection.xgboost_trees import Forest
from services.models.intake import Column

_XGBOOST_DTYPES = {
    "float": "float32",
    "q": "float32",
    "int": "int64",
    "i": "bool",
    "c": "int64",
    "categorical": "int64",
}


def is_xgboost(head: bytes) -> bool:
    """Whether a file begins as XGBoost's JSON or UBJSON."""
    text = head.lstrip()[:1] == b"{" and re.match(rb'\s*\{\s*"(?:learner|version)"', head)
    return bool(text) or (head[:2] in (b"{L", b"{i", b"{U") and b"learner" in head[:40])


def is_lightgbm(head: bytes) -> bool:
    """Whether a file begins as LightGBM's text."""
    return head.startswith((b"tree\nversion=", b"tree\r\nversion="))


def read_xgboost(place: FilePlace, report: Report) -> None:
    """Inspect a model of XGBoost in JSON or UBJSON."""
    report.is_a("xgboost", "xgboost", "table")
    source = stream(place)
    ubjson = place.at(1, 1) in (b"L", b"i", b"U")
    forest = Forest()
    reader: Json | Ubjson = (Ubjson if ubjson else Json)(source, report.budget, forest.tree)
    data = reader.value()
    if source.peek(CHUNK).strip():
        report.unknown(f"Something follows the end of the model (byte {source.position}).")
    learner = data.get("learner") if isinstance(data, dict) else None
    if not isinstance(learner, dict) or "gradient_booster" not in learner:
        raise Broken("it has no learner as XGBoost writes it")
    if isinstance(version := data.get("version"), list):
        report.versions["xgboost"] = ".".join(str(one)[:10] for one in version[:3])
    forest.conclude(learner)
    _xgboost_signature(learner, report)


def _xgboost_signature(learner: dict[str, Any], report: Report) -> None:
    parameters = learner.get("learner_model_param") or {}
    objective = str((learner.get("objective") or {}).get("name", ""))
    count, classes = _integer(parameters.get("num_feature")), _integer(parameters.get("num_class"))
    names = [str(name)[:200] for name in learner.get("feature_names") or []]
    kinds = [str(kind) for kind in learner.get("feature_types") or []]
    if not names and not 0 <= count <= 1_000_000:
        raise Broken("it does not say how many features it has")
    report.details["named"] = bool(names)
    names = names or [f"x{i}" for i in range(min(count, 10_000))]
    kinds += ["float"] * (len(names) - len(kinds))
    pairs = zip(names, kinds, strict=False)
    report.inputs = [Column(name, _XGBOOST_DTYPES.get(kind, "float32")) for name, kind in pairs]
    _objective(objective.split(":")[0], objective, classes, report)
    report.details |= {"n_features": count or len(names), "num_class": classes}


def _objective(family: str, objective: str, classes: int, report: Report) -> None:
    binary, multi = family in ("binary",), family in ("multi", "multiclass", "multiclassova")
    report.details |= {"objective": readable(objective, 60), "estimator": "Booster"}
    report.details["task"] = "classification" if binary or multi else "regression"
    report.details["probabilities"] = (binary or multi) and not objective.endswith(
        ("hinge", "softmax", "logitraw")
    )
    if multi and 1 < classes <= 10_000:
        report.details["classes"] = list(range(classes))
    elif binary:
        report.details["classes"] = [0, 1]
    report.outputs = [Column("prediction", "float32", (), tuple(report.details.get("classes", ())))]


def _integer(value: Any) -> int:
    return int(value) if isinstance(value, str | int) and re.fullmatch(r"\d{1,9}", str(value)) else 0


def read_lightgbm(place: FilePlace, report: Report) -> None:
    """Inspect a model of LightGBM."""
    report.is_a("lightgbm", "lightgbm", "table")
    source = stream(place)
    values = lightgbm_trees.check(source, report.budget)
    _text_to_the_end(place, source.position, report)
    names = values.get("feature_names", "").split()
    count = _integer(values.get("max_feature_idx")) + 1
    if len(names) != count:
        raise Broken(f"it has {count} features and {len(names)} names")
    infos = values.get("feature_infos", "").split()
    report.inputs = [
        _lightgbm_column(name, info) for name, info in zip(names, infos + [""] * count, strict=False)
    ]
    report.details |= {"named": names != [f"Column_{i}" for i in range(count)], "n_features": count}
    report.versions["lightgbm-format"] = readable(values.get("version", ""), 20)
    objective = values.get("objective", "").split(" ")[0]
    classes = _integer(values.get("num_class"))
    _objective("binary" if objective == "cross_entropy" else objective, objective, classes, report)
    report.details["num_class"] = classes


def _lightgbm_column(name: str, info: str) -> Column:
    if re.fullmatch(r"-?\d+(:-?\d+)+", info):
        return Column(name[:200], "int64", (), tuple(int(one) for one in info.split(":")[:500]))
    return Column(name[:200], "float64")


def _text_to_the_end(place: FilePlace, at: int, report: Report) -> None:
    """What stands behind the trees is text, and has its end mark."""
    missing, tail = {b"end of parameters"}, b""
    source = stream(place, at)
    while data := source.take(len(source.peek(CHUNK))):
        if b"\0" in data:
            raise Broken("it holds bytes that are no text")
        missing = {mark for mark in missing if mark not in tail + data}
        tail = (tail + data)[-20:]
    if missing or not tail.endswith(b"\n"):
        raise Broken("it ends before its parameters do")


def read_binary_xgboost(report: Report) -> None:
    """XGBoost's old binary form: no reader of it is left."""
    report.is_a("xgboost", "xgboost", "table")
    report.unknown(
        "It is XGBoost's old binary format, which XGBoost 3 cannot load: open it with the version that wrote it "
        'and save it as "model.json".'
    )
