"""The columns of XGBoost's and LightGBM's models within a pickle: they stand at the front of the booster's own bytes."""

import re
from typing import Any

from services.models.inspection.findings import Broken, Budget
from services.models.inspection.streams import Stream
from services.models.inspection.symbols import Large, Obj
from services.models.inspection.trees_as_json import Ubjson

_COUNT = re.compile(rb"num_featureSL.{8}(\d{1,7})", re.DOTALL)
_TREE_NAMES = re.compile(rb"\nfeature_names=([^\n]*)\n")


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
