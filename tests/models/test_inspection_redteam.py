"""What an attacker found who tried 1,700 files: each way in is closed for its whole class, and honest models still pass."""

import io
import json
import pickle
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

from services.models.inspection import inspect
from tests.models.hostile.formats import FILES
from tests.models.hostile.opcodes import call, named, short

X = np.random.default_rng(0).random((60, 3))
Y = (X.sum(axis=1) > 1.5).astype(int)
LR = named("sklearn.linear_model._logistic", "LogisticRegression") + b")\x81"
HUGE = b"\x8a\x06" + (10**11).to_bytes(6, "little")
RANGE = call(named("builtins", "range"), b"\x8a\x06" + (10**10).to_bytes(6, "little"))
ATTACK = call(named("os", "mkdir"), short("never")) + b"0"


def model() -> LogisticRegression:
    """A plain model."""
    return LogisticRegression().fit(X, Y)


def body(value: Any) -> bytes:
    """A pickle's instructions without its head and end."""
    return pickle.dumps(value, 3)[2:-1]


def before(attack: bytes) -> bytes:
    """An attack whose result is dropped, then a model."""
    return b"\x80\x04" + attack + b"0" + body(model()) + b"."


def dictionary(*pairs: bytes) -> bytes:
    """EMPTY_DICT and SETITEMS."""
    return b"}(" + b"".join(pairs) + b"u"


def numpy_text(text: str) -> bytes:
    """`numpy.str_`: equal to a text, and no text to who looks at the instructions."""
    dtype = call(named("numpy", "dtype"), short(f"U{len(text)}"))
    data = text.encode("utf-32-le")
    return call(named("numpy._core.multiarray", "scalar"), dtype, b"C" + bytes([len(data)]) + data)


def wrapper(**more: bytes) -> bytes:
    """joblib's mark of an array, with more attributes than its own."""
    own = {
        "subclass": named("numpy", "ndarray"),
        "shape": b"K\x08\x85",
        "order": short("C"),
        "allow_mmap": b"\x89",
    }
    own |= {
        "dtype": call(named("numpy", "dtype"), short("f8")),
        "numpy_array_alignment_bytes": b"K\x10",
        **more,
    }
    pairs = [short(key) + value for key, value in own.items()]
    made = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + dictionary(*pairs) + b"b"
    return b"\x80\x04" + made + b"\x01\xff" + bytes(64) + b"0" + body(model()) + b"."


def frames() -> bytes:
    """C's loader drops what is left of a frame when a text goes beyond it: it runs what the text seems to swallow."""
    hidden = ATTACK + body(model()) + b"."
    swallow = b"B" + struct.pack("<I", len(hidden))
    inside = (
        b"B"
        + struct.pack("<I", 200_000)
        + bytes(200_000)
        + b"0X"
        + struct.pack("<I", 8)
        + b"q" * len(swallow)
    )
    rest = b"q" * (8 - len(swallow)) + swallow + hidden + b"00" + body(model()) + b"."
    return b"\x80\x04\x95" + struct.pack("<Q", len(inside)) + inside + rest


def fields_changed() -> bytes:
    """NumPy keeps the very dict of a record's fields: bytes become addresses when one is added behind its back."""
    flag = b"\x89\x88\x87R"
    plain, held = (named("numpy", "dtype") + short(kind) + flag for kind in ("i8", "O8"))
    fields = dictionary(short("a") + plain + b"K\x00\x86") + b"q\x710"
    state = b"(K\x03" + short("|") + b"N" + short("a") + b"\x85h\x71K\x08K\x01K\x00t"
    record = named("numpy", "dtype") + short("V8") + flag + state + b"bq\x720"
    return before(fields + record + b"h\x71" + short("a") + held + b"K\x00\x86s")


def changed(model: Any, **more: Any) -> bytes:
    """A model with something set that its class would never set."""
    for name, value in more.items():
        setattr(model, name, value)
    return pickle.dumps(model, 4)


class Forged:
    """Pickles as a tree with another state."""

    def __init__(self, tree: Any, **more: Any) -> None:
        self.tree, self.more = tree, more

    def __reduce__(self) -> Any:
        state = self.tree.__getstate__()
        nodes = state["nodes"].copy()
        for name, value in self.more.items():
            nodes[name][0] = value
        return Tree, (self.tree.n_features, self.tree.n_classes, 1), state | {"nodes": nodes}


def tree(**more: Any) -> bytes:
    """A decision tree whose first node has other values."""
    found = DecisionTreeClassifier(max_depth=3).fit(X, Y)
    return changed(found, tree_=Forged(found.tree_, **more))


def histogram(**more: Any) -> bytes:
    """A boosted tree whose first node has other values."""
    found = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    for name, value in more.items():
        found._predictors[0][0].nodes[name][0] = value
    return pickle.dumps(found)


def coefficients(change: Callable[[Any], None]) -> bytes:
    """A linear model with sparse coefficients."""
    found = model()
    found.coef_ = sparse.csr_matrix(X)
    change(found.coef_)
    return pickle.dumps(found)


def distribution(template: str) -> bytes:
    """A search over a distribution whose text for `exec` is another."""
    drawn = stats.loguniform(0.1, 10)
    drawn.dist._parse_arg_template = template
    found = RandomizedSearchCV(model(), {"C": drawn})
    return pickle.dumps(found)


PICKLES: dict[str, Callable[[], bytes]] = {
    "an attribute called by APPEND": lambda: before(
        LR + dictionary(short("append"), named("builtins", "list")) + b"b" + RANGE + b"a"
    ),
    "an attribute called by APPENDS": lambda: before(
        LR + dictionary(short("append"), named("builtins", "bytearray")) + b"b(" + HUGE + b"e"
    ),
    "an attribute called by ADDITEMS": lambda: before(
        LR + dictionary(short("add"), named("builtins", "bytearray")) + b"b(" + HUGE + b"\x90"
    ),
    "a name that is a text of NumPy's": lambda: before(
        LR + dictionary(numpy_text("__setstate__"), named("builtins", "bytearray")) + b"b" + HUGE + b"b"
    ),
    "joblib's wrapper with a method of its own": lambda: wrapper(read=named("builtins", "slice")),
    "a text beyond its frame": frames,
    "a frame in a frame": lambda: before(b"\x95" + struct.pack("<Q", 40) + b"\x95" + struct.pack("<Q", 10) + b"N"),
    "a frame beyond the end": lambda: before(b"\x95" + struct.pack("<Q", 1 << 33) + b"N"),
    "fields changed after they were checked": fields_changed,
    "keys that all collide": lambda: before(
        dictionary(*(b"\x8a\x0a" + (k * (2**61 - 1)).to_bytes(10, "little") + b"N" for k in range(1, 20_000)))
    ),
    "tuples in tuples without end": lambda: before(b")" + b"\x85" * 1_050_000),
    "files named by requests": lambda: changed(CountVectorizer().fit(["aa bb"]), input=np.str_("filename")),
    "a thousand million workers": lambda: changed(RandomForestClassifier(2).fit(X, Y), n_jobs=10**9),
    "a text for exec": lambda: distribution("import os"),
    "a text for exec that begins well": lambda: distribution("\ndef _parse_args(self,  loc=0, scale=1):\n    import os\n"),
    "getattr without a distribution": lambda: before(call(named("builtins", "getattr"), short("a"), short("b"))),
    "a tree that leads out of itself": lambda: tree(left_child=10**12),
    "a tree that leads back": lambda: tree(left_child=0),
    "a tree of columns that are not there": lambda: tree(feature=10**9),
    "a boosted tree that leads out": lambda: histogram(left=10**8),
    "a boosted tree that leads back": lambda: histogram(left=0),
    "a forest of more columns": lambda: changed(RandomForestClassifier(2).fit(X, Y), n_features_in_=2),
    "sparse indices that lead out": lambda: coefficients(lambda m: m.indices.__setitem__(0, 10**6)),
    "sparse rows that lead out": lambda: coefficients(lambda m: m.indptr.__setitem__(-1, 10**6)),
    "support vectors that are not there": lambda: changed(
        SVC().fit(X, Y), _n_support=np.array([10**6, 10**6], dtype=np.int32)
    ),
}  # fmt: skip


def never_safe(path: Path, data: bytes) -> None:
    """It is not called safe, for a reason that was understood."""
    path.write_bytes(data)
    found = inspect(path)
    assert found.verdict != "safe" and found.reasons
    assert not any("cannot be understood" in reason for reason in found.reasons)


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_that_fools_its_loader_is_never_safe(tmp_path, name):
    """Each of these ran a payload, took gigabytes or ended the process when it was loaded or asked."""
    never_safe(tmp_path / "model", PICKLES[name]())


def xgboost(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The sample of XGBoost with something else in it."""
    data = json.loads((FILES / "xgboost.json").read_text())
    change(data["learner"])
    return json.dumps(data).encode()


def trees(learner: dict[str, Any]) -> dict[str, Any]:
    """Its trees, and what is said of them."""
    return learner["gradient_booster"]["model"]


def first_tree(learner: dict[str, Any]) -> dict[str, Any]:
    """The first one."""
    return trees(learner)["trees"][0]


def lightgbm(pattern: str, new: str) -> bytes:
    """The sample of LightGBM with something else in it."""
    return re.sub(pattern, new, (FILES / "lightgbm.txt").read_text(), count=1).encode()


def torchscript(line: str, given: str = "return") -> bytes:
    """The sample of TorchScript with a statement before its end."""
    return zipped(
        FILES / "torchscript.pt", ".py", lambda text: text.replace(given, f"{line}\n    {given}", 1)
    )


def zipped(path: Path, ending: str, change: Callable[[str], str]) -> bytes:
    """An archive with changed texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data.decode()) if info.filename.endswith(ending) else data)
    return out.getvalue()


def keras(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The sample of Keras with another layer."""

    def edit(text: str) -> str:
        config = json.loads(text)
        change(next(one for one in config["config"]["layers"] if one["class_name"] == "Dense"))
        return json.dumps(config)

    return zipped(FILES / "network.keras", "config.json", edit)


def message(number: int, value: bytes | int) -> bytes:
    """A field of protobuf."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    """A number of protobuf."""
    more = value >> 7
    return bytes([value & 127 | 128]) + varint(more) if more else bytes([value])


def onnx(*nodes: bytes, kept: dict[str, int] | None = None, functions: tuple[bytes, ...] = ()) -> bytes:
    """A model of ONNX with constants of one number each."""
    tensors = [
        message(1, 1) + message(2, 7) + message(8, key.encode()) + message(9, struct.pack("<q", value))
        for key, value in (kept or {}).items()
    ]
    graph = b"".join(message(1, one) for one in nodes) + b"".join(message(5, one) for one in tensors)
    graph += message(11, message(1, b"x")) + message(12, message(1, b"y"))
    return (
        message(1, 9)
        + message(7, graph)
        + b"".join(message(25, one) for one in functions)
        + message(8, message(2, 17))
    )


def node(operator: str, inputs: str, output: str, domain: str = "") -> bytes:
    """One operator."""
    taken = b"".join(message(1, name.encode()) for name in inputs.split())
    return taken + message(2, output.encode()) + message(4, operator.encode()) + message(7, domain.encode())


def function(name: str, inner: str) -> bytes:
    """A function that calls another twice."""
    calls = message(7, node(inner, "a", "t", "d")) + message(7, node(inner, "t", "b", "d"))
    return message(1, name.encode()) + message(4, b"a") + message(5, b"b") + calls + message(10, b"d")


DOUBLED = tuple(function(f"F{i}", f"F{i - 1}") for i in range(1, 31))
LOADER = {"class_name": "function", "module": "keras.models", "config": "load_model"}
FROM_FILE = '_0 = torch.{}from_file("/tmp/x", True, 8)'
FORMATS: dict[str, Callable[[], bytes]] = {
    "xgboost: a child that is not there": lambda: xgboost(lambda m: first_tree(m)["left_children"].__setitem__(0, 10**8)),
    "xgboost: a child that leads back": lambda: xgboost(lambda m: first_tree(m)["left_children"].__setitem__(0, 0)),
    "xgboost: a column that is not there": lambda: xgboost(lambda m: first_tree(m)["split_indices"].__setitem__(0, 10**6)),
    "xgboost: too many classes": lambda: xgboost(lambda m: m["learner_model_param"].update(num_class="2000000000")),
    "xgboost: a tree of no class": lambda: xgboost(lambda m: trees(m)["tree_info"].__setitem__(0, 10**8)),
    "xgboost: other trees than it says": lambda: xgboost(lambda m: trees(m)["trees"].pop()),
    "xgboost in a pickle": lambda: before(
        named("xgboost.core", "Booster") + b")\x81" + dictionary(short("handle"), b"C\x05{L\0\0\0") + b"b"
    ),
    "lightgbm: too many leaves": lambda: lightgbm(r"num_leaves=\d+", "num_leaves=2000000000"),
    "lightgbm: a child that leads back": lambda: lightgbm(r"left_child=-?\d+", "left_child=0"),
    "lightgbm: a column that is not there": lambda: lightgbm(r"split_feature=\d+", "split_feature=99999999"),
    "lightgbm: trees at other places": lambda: lightgbm(r"tree_sizes=\d+", "tree_sizes=99999999"),
    "lightgbm: too many classes": lambda: lightgbm(r"num_class=\d+", "num_class=2000000000"),
    "torchscript: a file, after spaces": lambda: torchscript(FROM_FILE.format(" ")),
    "torchscript: a file, on the next line": lambda: torchscript(FROM_FILE.format("\\\n    ")),
    "torchscript: a file, by another name": lambda: torchscript("_1 = torch.save\n    _0 = _1(x, '/tmp/x')"),
    "torchscript: nested too deep": lambda: torchscript("_0 = " + "-" * 50_000 + "1"),
    "torchscript: chained too far": lambda: torchscript("_0 = " + "+".join("1" * 50_000)),
    "torchscript: work while it is loaded": lambda: torchscript(
        "pass\n  def __setstate__(self, state: int) -> NoneType:\n    _0 = torch.ones([2])\n    return None\n  def f(self):"
    ),
    "pt2: a power that has no end": lambda: zipped(
        FILES / "exported.pt2", "model.json", lambda text: text[:-1] + ', "x": {"expr_str": "9**9**9**9"}}'
    ),
    "keras: a loader as activation": lambda: keras(lambda m: m["config"].update(activation=LOADER)),
    "keras: a million million units": lambda: keras(lambda m: m["config"].update(units=10**12)),
    "onnx: a tensor of a few bytes": lambda: onnx(node("ConstantOfShape", "s", "y"), kept={"s": 1 << 40}),
    "onnx: a size that is worked out": lambda: onnx(
        node("Mul", "s s", "t"), node("ConstantOfShape", "t", "y"), kept={"s": 1 << 20}
    ),
    "onnx: joined to itself": lambda: onnx(
        *(node("Concat", f"t{i} t{i}", f"t{i + 1}") for i in range(40)), kept={"t0": 1}
    ),
    "onnx: functions that double": lambda: onnx(node("F30", "x", "y", "d"), functions=DOUBLED),
    "onnx: a function that calls itself": lambda: onnx(node("R", "x", "y", "d"), functions=(function("R", "R"),)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_asks_its_library_for_too_much_is_never_safe(tmp_path, name):
    """Counts, indices, sizes and code that libraries take at their word."""
    never_safe(tmp_path / "model", FORMATS[name]())
