"""Whether the trees in a model of LightGBM hold together: its library takes every number at its word.

A wrong count ends the process (no error that Python could catch), a wrong child makes it read foreign memory.
"""

import re
from typing import Any

import numpy as np

from services.models.inspection.findings import Broken, Budget
from services.models.inspection.streams import Stream

MOST = 100_000
_WANTED = {
    b"num_leaves", b"num_cat", b"split_feature", b"threshold", b"decision_type", b"left_child", b"right_child",
    b"leaf_value", b"cat_boundaries", b"cat_threshold", b"is_linear", b"leaf_const", b"num_features", b"leaf_features",
    b"leaf_coeff",
}  # fmt: skip


def check(source: Stream, budget: Budget) -> dict[str, str]:
    """Read a model's head and trees up to their end mark; the head's values. `Broken` when something does not fit."""
    head = _head(source)
    features = _number(head.get("max_feature_idx"), 10_000_000) + 1
    classes, each = _number(head.get("num_class"), MOST), _number(head.get("num_tree_per_iteration"), MOST)
    said = re.search(r"num_class:(\d+)", head.get("objective", ""))
    if not 1 <= each <= max(1, classes) or (said and _number(said[1], MOST) != classes):
        raise Broken(f"it has {each} trees a round for {classes} classes")
    starts = _trees(source, features, budget)
    if (len(starts) - 1) % each:
        raise Broken(f"it has {len(starts) - 1} trees, {each} a round")
    sizes = head.get("tree_sizes")
    if sizes is not None and [int(one) for one in sizes.split()] != np.diff(starts).tolist():
        raise Broken("its trees do not stand where it says")
    return head


def _head(source: Stream) -> dict[str, str]:
    values: dict[str, str] = {}
    while line := source.line().strip():
        key, _, value = line.decode("utf-8", "replace").partition("=")
        if len(values) > 100 or key in values:
            raise Broken(
                "its head has no end" if len(values) > 100 else f"{key[:40]} stands twice in its head"
            )
        values[key] = value
    return values


def _trees(source: Stream, features: int, budget: Budget) -> list[int]:
    """Check each tree; the places where they begin, and where the last one ends."""
    starts: list[int] = []
    tree: dict[bytes, bytes] = {}
    while True:
        budget.step(10)
        at, line = source.position, source.line().strip()
        if line.startswith(b"Tree=") or line == b"end of trees":
            if starts:
                _tree(tree, features, len(starts) - 1)
            starts.append(at)
            tree = {}
            if line == b"end of trees":
                return starts
        elif line:
            key, _, value = line.partition(b"=")
            if key in tree or not starts:
                raise Broken(f"a tree has {key[:40]!r} where it does not belong")
            tree[key] = value if key in _WANTED else b""


def _tree(tree: dict[bytes, bytes], features: int, at: int) -> None:
    leaves = _number(tree.get(b"num_leaves", b"").decode("ascii", "replace"), 100_000_000)
    if leaves < 1 or len(_numbers(tree, b"leaf_value", float)) != leaves:
        raise Broken(f"tree {at} has not one value for each of its {leaves} leaves")
    rows = [
        _row(tree, name, leaves - 1, at)
        for name in (b"left_child", b"right_child", b"split_feature", b"decision_type")
    ]
    children, split, kinds = np.concatenate(rows[:2]), rows[2], rows[3]
    inner, outer = children[children >= 0], ~children[children < 0]
    if leaves > 1 and (split.min() < 0 or split.max() >= features):
        raise Broken(f"tree {at} splits on a column that is not there")
    for found, most, least in ((inner, leaves - 1, 1), (outer, leaves, 0)):
        if len(found) and (found.min() < least or found.max() >= most or np.bincount(found).max() > 1):
            raise Broken(f"tree {at} leads to a node that is not there, or to one twice")
    thresholds = _numbers(tree, b"threshold", float)
    if len(thresholds) != leaves - 1:
        raise Broken(f"tree {at} has not one threshold for each node")
    _categories(tree, thresholds[(kinds & 1) == 1], at)
    if tree.get(b"is_linear", b"0").strip() not in (b"", b"0"):
        _linear(tree, leaves, features, at)


def _categories(tree: dict[bytes, bytes], used: Any, at: int) -> None:
    count = _number(tree.get(b"num_cat", b"0").decode("ascii", "replace"), 10_000_000)
    if len(used) and (used.min() < 0 or used.max() >= count):
        raise Broken(f"tree {at} splits on categories that are not there")
    if count:
        ends, words = _numbers(tree, b"cat_boundaries", int), _numbers(tree, b"cat_threshold", int)
        if len(ends) != count + 1 or ends[0] != 0 or (np.diff(ends) < 0).any() or ends[-1] != len(words):
            raise Broken(f"tree {at} has categories that lead out of it")


def _linear(tree: dict[bytes, bytes], leaves: int, features: int, at: int) -> None:
    counts, used = _numbers(tree, b"num_features", int), _numbers(tree, b"leaf_features", int)
    fits = len(counts) == leaves == len(_numbers(tree, b"leaf_const", float)) and counts.min() >= 0
    fits = fits and counts.sum() == len(used) == len(_numbers(tree, b"leaf_coeff", float))
    if not fits or (len(used) and (used.min() < 0 or used.max() >= features)):
        raise Broken(f"tree {at} has linear leaves that do not fit")


def _row(tree: dict[bytes, bytes], name: bytes, count: int, at: int) -> Any:
    row = _numbers(tree, name, int)
    if len(row) != count:
        raise Broken(f"tree {at} has {len(row)} of {name.decode()} for {count} nodes")
    return row


def _numbers(tree: dict[bytes, bytes], name: bytes, kind: type) -> Any:
    try:
        return np.array(tree.get(name, b"").split(), dtype=np.int64 if kind is int else np.float64)
    except (ValueError, OverflowError):
        raise Broken(f"{name.decode()} of a tree is no list of numbers") from None


def _number(text: str | None, most: int) -> int:
    if text is None or not re.fullmatch(r"\d{1,10}", text.strip()) or int(text) > most:
        raise Broken(f"{str(text)[:40]!r} is no count as LightGBM writes it")
    return int(text)
