"""Parts of scikit-learn and SciPy whose compiled code follows indices without looking: trees, neighbours, sparse matrices.

An index that leads out of its array reads foreign memory or ends the process, one that leads back never ends. What is
needed to tell is taken from each array as it is read (`facts`), and compared when the part is put together (`odd`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.models.inspection import arrays
from services.models.inspection.findings import Broken
from services.models.inspection.symbols import Global, Map, Obj, Seq
from services.models.inspection.xgboost_trees import check_children


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an array of whole numbers, or of the nodes of a tree."""

    count: int
    least: int = 0
    most: int = -1
    rises: bool = True
    first: int = 0
    last: int = 0
    nodes: str = ""  # "tree", "histogram" or "ball" for nodes that lead to each other only
    said: str = ""  # why not


def facts(data: Any, dtype: Any) -> Facts | None:
    """The facts of an array's bytes; None where nothing depends on them, or they were not kept."""
    if not isinstance(data, bytes | bytearray) or not isinstance(dtype, Obj):
        return None
    if _names(dtype):
        return _nodes(data, dtype)
    try:
        letter, size = arrays.code(dtype)
        if letter not in "iu" or not size or len(data) % size:
            return None
        row = np.frombuffer(data, arrays.numpy_dtype(dtype))
    except (arrays.Odd, ValueError, TypeError):
        return None
    if not len(row):
        return Facts(0)
    rises = bool((row[1:] >= row[:-1]).all())
    return Facts(len(row), int(row.min()), int(row.max()), rises, int(row[0]), int(row[-1]))


def wanted(dtype: Any) -> bool:
    """Whether the facts of arrays of this element type matter."""
    try:
        return isinstance(dtype, Obj) and (bool(_names(dtype)) or arrays.code(dtype)[0] in "iu")
    except arrays.Odd:
        return False


def _names(dtype: Obj) -> list[str]:
    listed = dtype.state.items[3] if isinstance(dtype.state, Seq) and len(dtype.state.items) > 4 else None
    names = [one for one in listed.items if isinstance(one, str)] if isinstance(listed, Seq) else []
    return names if _KINDS.keys() & set(names) else []


def _nodes(data: bytes | bytearray, dtype: Obj) -> Facts | None:
    try:
        return nodes(np.frombuffer(data, _record(dtype)))
    except (arrays.Odd, ValueError, TypeError):
        return Facts(0, nodes="tree", said="its nodes are not laid out as scikit-learn does")


def nodes(rows: Any) -> Facts | None:
    """The facts of an array of nodes; None when its records are none."""
    names = set(rows.dtype.names or ())
    kind = next((_KINDS[one] for one in _KINDS if one in names), None)
    if kind is None:
        return None
    try:
        return Facts(len(rows), most=_BY_KIND[kind](rows), nodes=kind)
    except Broken as broken:
        return Facts(0, nodes=kind, said=str(broken))
    except (ValueError, TypeError, KeyError):
        return Facts(0, nodes=kind, said="its nodes are not laid out as scikit-learn does")


def _record(dtype: Obj) -> np.dtype[Any]:
    fields = dtype.state.items[4]
    listed = {key: field.items for key, field in fields.pairs if isinstance(key, str)}
    formats = [arrays.numpy_dtype(field[0]) for field in listed.values()]
    offsets = [field[1] for field in listed.values()]
    layout = {"names": list(listed), "formats": formats, "offsets": offsets, "itemsize": dtype.state.items[5]}
    return np.dtype(layout)  # type: ignore[call-overload, no-any-return]


def _tree(rows: Any) -> int:
    inner = rows["left_child"] != -1
    if (inner != (rows["right_child"] != -1)).any():
        raise Broken("it has a node with one child")
    check_children(rows["left_child"][inner], rows["right_child"][inner], len(rows), "it")
    return _columns(rows["feature"][inner])


def _histogram(rows: Any) -> int:
    inner = rows["is_leaf"] == 0
    left, right = rows["left"][inner].astype(np.int64), rows["right"][inner].astype(np.int64)
    check_children(left, right, len(rows), "it")
    return _columns(rows["feature_idx"][inner].astype(np.int64))


def _columns(split: Any) -> int:
    if len(split) and split.min() < 0:
        raise Broken("it splits on a column before the first")
    return int(split.max()) if len(split) else -1


def _ball(rows: Any) -> int:
    start, end = rows["idx_start"], rows["idx_end"]
    deepest = np.flatnonzero(rows["is_leaf"] == 0)
    if len(rows) and (start.min() < 0 or (start > end).any()):
        raise Broken("it has a node of points that are not there")
    if len(deepest) and 2 * int(deepest.max()) + 2 >= len(rows):
        raise Broken("it leads to a node that is not there")
    return int(end.max()) if len(rows) else 0


_ENSEMBLES = ("RandomForest", "ExtraTrees", "GradientBoosting", "RandomTrees")
_KINDS = {"left_child": "tree", "idx_start": "ball", "is_leaf": "histogram"}  # a field -> what has it
_BY_KIND: dict[str, Callable[[Any], int]] = {"tree": _tree, "histogram": _histogram, "ball": _ball}


def odd(made: Obj, state: Any) -> str:
    """Why a part may not be used; "" when it holds together, or has nothing to hold."""
    if not isinstance(made.made_by, Global):
        return ""
    package, name = made.made_by.module.split(".")[0], made.type_name
    check = _CHECKS.get(name) if package in ("sklearn", "scipy") else None
    if check is None:
        return _columns_fit(name, state) if package == "sklearn" and isinstance(state, Map) else ""
    found = check(made, state)
    return f"{name} in it does not hold together: {found}" if found else ""


def _known(array: Any, kind: str = "") -> Facts | None:
    found = array.facts if isinstance(array, Obj) else None
    return found if isinstance(found, Facts) and found.nodes == kind else None


def note(array: Obj) -> None:
    """Keep what an array's bytes say, instead of the bytes."""
    data, dtype = arrays.content(array)
    array.facts = facts(data, dtype)
    arrays.forget(array)


def _tree_fits(made: Obj, state: Any) -> str:
    nodes = _known(state.get("nodes"), "tree") if isinstance(state, Map) else None
    features = made.args.items[0] if isinstance(made.args, Seq) and made.args.items else None
    if nodes is None or nodes.said:
        return nodes.said if nodes else "its nodes are not followed"
    shape = arrays.shape(state.get("values"))
    if state.get("node_count") != nodes.count or not shape or shape[0] != nodes.count:
        return f"it has {nodes.count} nodes and says otherwise"
    return (
        ""
        if isinstance(features, int) and nodes.most < features
        else "it splits on a column that is not there"
    )


def _predictor_fits(made: Obj, state: Any) -> str:
    nodes = _known(state.get("nodes"), "histogram") if isinstance(state, Map) else None
    return nodes.said if nodes else "its nodes are not followed"


def _sparse_fits(made: Obj, state: Any) -> str:
    ends, inner = (
        _known(state.get(key)) if isinstance(state, Map) else None for key in ("indptr", "indices")
    )
    shape = state.get("_shape", state.get("shape")) if isinstance(state, Map) else None
    sizes = [arrays.scalar_value(one) for one in shape.items] if isinstance(shape, Seq) else []
    if ends is None or inner is None or len(sizes) != 2 or not all(isinstance(one, int) for one in sizes):
        return "its indices are not followed"
    rows, columns = sizes if made.type_name.startswith("csr") else sizes[::-1]
    if ends.count != rows + 1 or ends.first != 0 or not ends.rises or ends.last > inner.count:
        return "its rows lead out of it"
    if inner.count and (inner.least < 0 or inner.most >= columns):
        return "its indices lead out of it"
    return "" if arrays.shape(state.get("data")) == (inner.count,) else "it has not one value for each index"


def _not_followed(made: Obj, state: Any) -> str:
    return "its indices are not followed"


def _balls_fit(made: Obj, state: Any) -> str:
    parts = state.items if isinstance(state, Seq) else []
    if len(parts) < 12:
        return "its state is not the one that scikit-learn writes"
    points, order, nodes, bounds = (
        arrays.shape(parts[0]),
        _known(parts[1]),
        _known(parts[2], "ball"),
        arrays.shape(parts[3]),
    )
    if not order or not nodes or nodes.said or len(points) != 2 or len(bounds) != 3:
        return (nodes.said if nodes else "") or "its nodes are not followed"
    count, levels = parts[6], parts[5]
    if count != nodes.count or not isinstance(levels, int) or levels > 40 or 2**levels - 1 != count:
        return f"it has {nodes.count} nodes and says otherwise"
    out = order.least < 0 or order.most >= points[0] or nodes.most > min(points[0], order.count)
    return "its points lead out of it" if out or bounds[1:] != (count, points[1]) else ""


def _vectors_fit(made: Obj, state: Any) -> str:
    if not isinstance(state, Map) or state.get("support_vectors_") is None:
        return ""
    vectors, dual = arrays.shape(state.get("support_vectors_")), arrays.shape(state.get("_dual_coef_"))
    counts = arrays.values(state.get("_n_support"))
    if len(vectors) != 2 or len(dual) != 2:
        return ""  # sparse: checked as such
    several = made.type_name in ("SVC", "NuSVC")
    total = sum(one for one in counts if isinstance(one, int)) if counts and several else vectors[0]
    fits = dual[1] == vectors[0] == total and (not several or len(counts or ()) == dual[0] + 1)
    return "" if fits else "its support vectors are not as many as it says"


def _columns_fit(name: str, state: Map) -> str:
    """A tree is given the columns that its estimator lets through, and an ensemble's trees those of the ensemble."""
    count = arrays.scalar_value(state.get("n_features_in_"))
    tree, trees = state.get("tree_"), state.get("estimators_")
    if isinstance(tree, Obj) and tree.type_name == "Tree":
        given = tree.args.items[0] if isinstance(tree.args, Seq) and tree.args.items else None
        if given != count:
            return "A tree in it takes other columns than its estimator."
    if name.startswith(_ENSEMBLES):
        for one in _members(trees):
            held = arrays.scalar_value(one.get("n_features_in_"))
            if one.get("tree_") is not None and isinstance(held, int) and held != count:
                return "A tree in it takes other columns than its ensemble."
    return ""


def _members(trees: Any) -> list[Obj]:
    if isinstance(trees, Obj) and isinstance(trees.state, Seq) and len(trees.state.items) > 4:
        trees = trees.state.items[4]
    return [one for one in trees.items if isinstance(one, Obj)] if isinstance(trees, Seq) else []


_CHECKS: dict[str, Callable[[Obj, Any], str]] = {
    "Tree": _tree_fits, "TreePredictor": _predictor_fits,
    "csr_matrix": _sparse_fits, "csc_matrix": _sparse_fits, "csr_array": _sparse_fits, "csc_array": _sparse_fits,
    "KDTree": _balls_fit, "KDTree64": _balls_fit, "KDTree32": _balls_fit,
    "BallTree": _balls_fit, "BallTree64": _balls_fit, "BallTree32": _balls_fit,
    "SVC": _vectors_fit, "NuSVC": _vectors_fit, "SVR": _vectors_fit, "NuSVR": _vectors_fit, "OneClassSVM": _vectors_fit,
}  # fmt: skip
_CHECKS |= {
    f"{name}_{kind}": _not_followed
    for name in ("coo", "dia", "lil", "dok", "bsr")
    for kind in ("matrix", "array")
}
