"""XGBoost's and LightGBM's models within a pickle: a booster keeps its own file as bytes or text.

They are read where they stand in the pickle, since they can be long; what is kept of them is their front, with the
columns, and whether they hold together.
"""

import re
from typing import Any

from services.models.inspection import lightgbm_trees
from services.models.inspection.findings import Broken, Budget
from services.models.inspection.streams import Stream
from services.models.inspection.symbols import Large, Map, Obj
from services.models.inspection.trees_as_json import Json, Ubjson
from services.models.inspection.xgboost_trees import Forest

_COUNT = re.compile(rb"num_featureSL.{8}(\d{1,7})", re.DOTALL)
_TREE_NAMES = re.compile(rb"\nfeature_names=([^\n]*)\n")


BEGINS = (b"{L", b'{"', b"tree\n")


def check(source: Stream, head: bytes, budget: Budget) -> None:
    """Read a booster's bytes; `Broken` when they are not whole, or lead their library out of them."""
    if head.startswith(BEGINS[2]):
        lightgbm_trees.check(source, budget)
        return
    forest = Forest()
    data = (Json if head.startswith(BEGINS[1]) else Ubjson)(source, budget, forest.tree).value()
    model = data.get("Model", data) if isinstance(data, dict) else None
    learner = model.get("learner") if isinstance(model, dict) else None
    if not isinstance(learner, dict) or source.peek(1).strip():
        raise Broken("it has no learner as XGBoost writes it")
    forest.conclude(learner)


def odd(made: Obj, state: Any, budget: Budget) -> str:
    """Why a booster's state is not to be trusted; "" when it is."""
    kept = (
        state.get("handle", state.get("_handle", state.get("model_str"))) if isinstance(state, Map) else None
    )
    if isinstance(kept, Obj) and kept.type_name == "bytearray":
        kept = kept.args
    if kept is None or (isinstance(kept, Large) and kept.checked):
        return ""
    if not isinstance(kept, str | bytes):
        return "A booster of trees keeps its model in a way that is not followed"
    data = kept if isinstance(kept, bytes) else kept.encode("utf-8", "surrogateescape")
    parts = [data]
    try:
        check(Stream(lambda count: parts.pop() if parts else b""), data[:16], budget)
    except Broken as broken:
        return f"A booster of trees in it cannot be read to its end: {broken}"
    return ""


def columns(model: Obj) -> tuple[list[str], int | None]:
    """Names ([] without) and number (None when it is not known) of the columns of a booster or its wrapper."""
    booster = model if model.type_name == "Booster" else model.get("_Booster")
    if not isinstance(booster, Obj):
        return [], None
    head = _head(booster.get("handle", booster.get("_handle")))
    found = _TREE_NAMES.search(head)
    if found:
        names = found[1].decode("utf-8", "replace").split(" ")
        plain = [f"Column_{i}" for i in range(len(names))]
        return ([] if names == plain else names), len(names)
    names = _names(head)
    count = _COUNT.search(head)
    return names, int(count[1]) if count else len(names) or None


def _names(head: bytes) -> list[str]:
    at = head.find(b"feature_names[")
    if at < 0:
        return []
    parts = [head[at + len(b"feature_names") :]]
    try:
        listed = Ubjson(Stream(lambda count: parts.pop() if parts else b""), Budget(1)).value()
    except Broken:
        return []
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def _head(value: Any) -> bytes:
    if isinstance(value, Large):
        return value.head
    return (
        value
        if isinstance(value, bytes)
        else value.encode("utf-8", "replace")
        if isinstance(value, str)
        else b""
    )
