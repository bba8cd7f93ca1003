"""Whether the trees in a model of XGBoost hold together: its library takes every number at its word.

A child that is not there, a class beyond the last one or a count of two thousand million are enough to make a prediction
read foreign memory, go round for ever or ask for gigabytes.
"""

from typing import Any

import numpy as np

from services.models.inspection.findings import Broken

MOST = 100_000  # classes, targets
FEATURES = 10_000_000
_EACH = ("split_indices", "split_conditions", "default_left")  # one for each node
_MAYBE = ("parents", "loss_changes", "sum_hessian", "split_type")


class Forest:
    """The trees as they are read, one at a time; `conclude` compares them with what the model says of them."""

    def __init__(self) -> None:
        self.count, self.deepest_feature, self.widest = 0, -1, 1

    def tree(self, tree: Any) -> None:
        """Check one tree; `Broken` when a node leads out of it."""
        if not isinstance(tree, dict) or not isinstance(parameters := tree.get("tree_param"), dict):
            raise Broken(f"tree {self.count} is not described")
        size, width = (
            number(parameters.get("num_nodes")),
            max(1, number(parameters.get("size_leaf_vector", 0))),
        )
        left, right = self._row(tree, "left_children", size), self._row(tree, "right_children", size)
        inner = left != -1
        if width == 1 and not np.array_equal(inner, right != -1):
            raise Broken(f"tree {self.count} has a node with one child")
        check_children(left[inner], right[inner], size, f"tree {self.count}")
        rows = {name: self._row(tree, name, size) for name in _EACH}
        rows |= {name: self._row(tree, name, size) for name in _MAYBE if name in tree}
        if len(_list(tree, "base_weights")) not in (size, size * width):
            raise Broken(f"tree {self.count} has not one weight for each node")
        if inner.any():
            split = rows["split_indices"][inner]
            self._features(split)
        self._categories(tree, size)
        self.count, self.widest = self.count + 1, max(self.widest, width)

    def _row(self, tree: dict[str, Any], name: str, size: int) -> Any:
        row = _list(tree, name)
        if len(row) != size:
            raise Broken(f"tree {self.count} says {size} nodes and has {len(row)} {name}")
        return row

    def _features(self, split: Any) -> None:
        if split.min() < 0:
            raise Broken(f"tree {self.count} splits on a column before the first")
        self.deepest_feature = max(self.deepest_feature, int(split.max()))

    def _categories(self, tree: dict[str, Any], size: int) -> None:
        if not len(tree.get("categories_nodes", ())):
            return
        nodes, starts = _list(tree, "categories_nodes"), _list(tree, "categories_segments")
        sizes, values = _list(tree, "categories_sizes"), _list(tree, "categories")
        fits = len(nodes) == len(starts) == len(sizes) and nodes.min() >= 0 and nodes.max() < size
        fits = fits and starts.min() >= 0 and sizes.min() >= 0 and (starts + sizes).max() <= len(values)
        if not fits or (len(values) and (values.min() < 0 or values.max() > 10_000_000)):
            raise Broken(f"tree {self.count} has categories that lead out of it")

    def conclude(self, learner: dict[str, Any]) -> None:
        """Compare the trees with the model's own numbers."""
        said = learner.get("learner_model_param") or {}
        classes, targets = number(said.get("num_class", 0)), number(said.get("num_target", 0))
        features = number(said.get("num_feature", 0))
        groups = max(1, classes, targets)
        if groups > MOST or features > FEATURES:
            raise Broken(f"it says {groups} classes or targets and {features} columns: a bomb for memory")
        if self.deepest_feature >= features or self.widest > groups:
            raise Broken(f"its trees use column {self.deepest_feature} of {features}")
        booster = learner.get("gradient_booster") or {}
        self._booster(booster if isinstance(booster, dict) else {}, groups, features)
        objective = learner.get("objective") or {}
        for part in objective.values() if isinstance(objective, dict) else ():
            if isinstance(part, dict) and number(part.get("num_class", 0)) > MOST:
                raise Broken("its objective has more classes than it does: a bomb for memory")

    def _booster(self, booster: dict[str, Any], groups: int, features: int) -> None:
        if booster.get("name") == "gblinear":
            if len(_list(booster.get("model") or {}, "weights")) != (features + 1) * groups:
                raise Broken("it has not one weight for each column")
            return
        drop = booster.get("weight_drop", None if booster.get("name") == "gbtree" else [])
        inner = booster.get("gbtree") or booster
        model = inner.get("model") if isinstance(inner, dict) else None
        if not isinstance(model, dict) or (drop is not None and len(drop) != self.count):
            raise Broken("it has no trees as XGBoost writes them")
        said = number((model.get("gbtree_model_param") or {}).get("num_trees"))
        info, ends = _list(model, "tree_info"), model.get("iteration_indptr")
        if said != self.count or len(info) != self.count:
            raise Broken(f"it says {said} trees and has {self.count}")
        if len(info) and (info.min() < 0 or info.max() >= groups):
            raise Broken("a tree belongs to a class that is not there")
        if ends is not None and len(ends):
            ends = _list(model, "iteration_indptr")
            if ends[0] != 0 or ends[-1] != self.count or (np.diff(ends) < 0).any():
                raise Broken("its rounds of trees do not follow each other")


def check_children(left: Any, right: Any, size: int, where: str) -> None:
    """`Broken` unless every child is there and belongs to one node only: so there is no way round in circles."""
    children = np.concatenate([left, right])
    if size < 1 or (len(children) and (children.min() < 1 or children.max() >= size)):
        raise Broken(f"{where} leads to a node that is not there")
    if len(children) and np.bincount(children.astype(np.int64)).max() > 1:
        raise Broken(f"{where} comes to the same node twice")


def number(value: Any) -> int:
    """A count, written as a number or as text; `Broken` for anything else."""
    try:
        found = int(value)
    except (TypeError, ValueError):
        raise Broken(f"{str(value)[:40]!r} is no count") from None
    if not 0 <= found < 1 << 32:
        raise Broken(f"{found} is no count")
    return found


def _list(data: dict[str, Any], name: str) -> Any:
    try:
        found = np.asarray(data.get(name, []))
    except (ValueError, OverflowError):
        found = None
    if found is None or found.ndim != 1 or (len(found) and found.dtype.kind not in "iufb"):
        raise Broken(f"{name} is no list of numbers")
    return found
