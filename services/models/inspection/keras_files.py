"""Keras models: the configuration says which classes are made. Lambda layers hold marshalled code and are refused.

https://keras.io/guides/serialization_and_saving/ and the advisories on `keras.models.load_model` are the reasons.
"""

import json
import math
import re
from typing import Any

from services.models.inspection import hdf5, raw_data
from services.models.inspection.archives import Archive
from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.streams import FilePlace
from services.models.intake import Column

_ROOTS = (("keras",), ("tf_keras",), ("tensorflow", "keras"), ("tensorflow", "python", "keras"))
_SECTIONS = {
    "models", "layers", "initializers", "regularizers", "constraints", "activations", "optimizers", "losses", "metrics",
    "dtype_policies", "quantizers", "engine",
}  # fmt: skip
_RUNS = {"Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda", "OperatorFuncNode", "TFSMLayer", "TorchModuleWrapper",
         "JaxLayer", "FlaxLayer", "TorchModule"}  # fmt: skip
_FUNCTIONS = {"activations", "losses", "metrics", "initializers", "regularizers", "constraints"}
_TOP = {"Sequential", "Functional", "Model", "DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "SeedGenerator",
        "InputSpec", "Initializer", "Regularizer", "Loss", "Metric", "Optimizer", "Layer"}  # fmt: skip
# settings from which the numbers in a layer's weights, or in what it gives, follow
_COUNTS = ("units", "filters", "input_dim", "output_dim", "num_heads", "key_dim", "value_dim", "depth_multiplier", "n",
           "size", "padding", "batch_shape", "batch_input_shape", "input_shape", "target_shape", "num_bins",
           "num_tokens")  # fmt: skip
MANY = 200_000_000
_KEPT = {"builtins": {"function", "slice", "NoneType", "Ellipsis"}, None: set(), "": set()}


def read(archive: Archive, report: Report) -> set[str]:
    """Inspect a .keras archive; the names of the members that it accounts for."""
    report.is_a("keras", "keras", "tensors")
    config = archive.find("config.json")
    assert config
    model = archive.json(config)
    check(model, report)
    _signature(model, report)
    claimed = {"config.json"}
    metadata = archive.find("metadata.json")
    if metadata:
        said = archive.json(metadata)
        if isinstance(said, dict) and isinstance(said.get("keras_version"), str):
            report.versions["keras"] = readable(said["keras_version"], 40)
        claimed.add("metadata.json")
    for member in archive.members:
        if member.name == "model.weights.h5":
            hdf5.File(archive.place(member), report).check_links()
            claimed.add(member.name)
        elif member.name.startswith("assets/") and not member.name.endswith("/"):
            raw_data.check(archive, member, report)
            report.unknown(f"{readable(member.name, 80)} is a file that a layer reads; it is not followed.")
            claimed.add(member.name)
    return claimed


def read_hdf5(place: FilePlace, report: Report) -> None:
    """Inspect a model of Keras 1 and 2 in an HDF5 file: its configuration is an attribute of the file."""
    report.is_a("keras-h5", "keras", "tensors")
    file = hdf5.File(place, report)
    attributes = file.attributes()
    file.check_links()
    text = attributes.get("model_config")
    if not text:
        report.unknown(
            "The HDF5 file holds no configuration of a model that can be read: weights alone, or no Keras."
        )
        return
    for name in ("model_config", "training_config"):
        if name in attributes:
            try:
                check(config := json.loads(attributes[name]), report)
            except (ValueError, RecursionError):
                raise Broken(f"the attribute {name} is no JSON") from None
            if name == "model_config":
                _signature(config, report)
    if attributes.get("keras_version"):
        report.versions["keras"] = readable(attributes["keras_version"].decode("utf-8", "replace"), 40)


def check(config: Any, report: Report) -> None:
    """Every class that a configuration names, at any depth."""
    stack = [config]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            stack += value.values()
            _check_one(value, report)


def _check_one(value: dict[str, Any], report: Report) -> None:
    name, module = value.get("class_name"), value.get("module")
    registered = value.get("registered_name")
    if name in _RUNS:
        return report.blocked(
            f"It has a {readable(str(name))} layer or function: code that runs when it is used."
        )
    if value.get("function_type") == "lambda" or ("code" in value and "closure" in value):
        return report.blocked("It holds a function as marshalled code.")
    if name is not None and (not isinstance(name, str) or not re.fullmatch(r"\w+", name)):
        return report.blocked(f"It names a class {readable(str(name), 60)}, which is no name of a class.")
    if module is not None and not (isinstance(module, str) and _known(module, name, value)):
        return report.blocked(f"It makes {readable(f'{module}.{name}')}, which is not of Keras.")
    if isinstance(registered, str) and registered != name and ">" in registered:
        return report.unknown(
            f"It needs {readable(registered)}, a class of its author, whose code is not in the file."
        )
    if isinstance(name, str) and ">" in name:
        return report.unknown(f"It needs {readable(name)}, a class of its author.")
    if (count := _count(value)) > MANY:
        report.unknown(f"Its {readable(str(name), 40)} asks for {count:.0e} numbers: a bomb for memory.")
    for key, one in value.items():
        if isinstance(one, str) and re.match(r"(?:\w+://|/|\\\\|~)", one):
            return report.blocked(
                f"Its setting {readable(key, 40)} names a file or address: {readable(one, 80)}"
            )
    return None


def _count(value: dict[str, Any]) -> float:
    given = [value.get(key) for key in _COUNTS]
    numbers = [one for part in given for one in (part if isinstance(part, list) else [part])]
    return math.prod(float(min(abs(one), 10**18)) for one in numbers[:50] if isinstance(one, int) and one)


def _known(module: str, name: Any, value: dict[str, Any]) -> bool:
    if module in _KEPT:
        function = value.get("config")
        return name in _KEPT[module] and not (
            isinstance(function, str) and not re.fullmatch(r"\w+", function)
        )
    if name == "function":
        return isinstance(value.get("config"), str) and bool(_FUNCTIONS & set(module.split(".")))
    if not isinstance(name, str) or not name[:1].isupper():
        return False
    parts = tuple(module.split("."))
    root = next((root for root in _ROOTS if parts[: len(root)] == root), None)
    if root is None or not all(part.isidentifier() for part in parts):
        return False
    rest = [part for part in parts[len(root) :] if part != "src"]
    if rest[:1] == ["backend"]:
        return "optimizers" in rest
    return rest[0] in _SECTIONS if rest else name in _TOP


def _signature(model: Any, report: Report) -> None:
    config = model.get("config") if isinstance(model, dict) else None
    if not isinstance(config, dict):
        raise Broken("the configuration describes no model")
    report.details["estimator"] = readable(str(model.get("class_name")), 60)
    listed = config.get("layers")
    layers = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    report.details["steps"] = [readable(str(one.get("class_name")), 60) for one in layers[:100]]
    for layer in layers:
        given = layer.get("config")
        inner: dict[str, Any] = given if isinstance(given, dict) else {}
        shape = inner.get("batch_shape", inner.get("batch_input_shape"))
        if layer.get("class_name") == "InputLayer" or (shape and layer is layers[0]):
            report.inputs.append(Column(str(inner.get("name", "input"))[:80], _dtype(inner), _shape(shape)))
    last = layers[-1].get("config", {}) if layers else {}
    if isinstance(last, dict) and isinstance(last.get("units"), int):
        report.outputs = [Column(str(last.get("name", "output"))[:80], "float32", (None, last["units"]))]
        if last.get("activation") in ("softmax", "sigmoid"):
            report.details |= {"task": "classification", "probabilities": True}


def _dtype(inner: dict[str, Any]) -> str:
    dtype = inner.get("dtype")
    if isinstance(dtype, dict):
        said = dtype.get("config")
        dtype = said.get("name") if isinstance(said, dict) else None
    return dtype if isinstance(dtype, str) and re.fullmatch(r"\w{1,20}", dtype) else "float32"


def _shape(shape: Any) -> tuple[int | None, ...]:
    if isinstance(shape, dict):
        shape = shape.get("items")
    return tuple(n if isinstance(n, int) else None for n in shape) if isinstance(shape, list) else ()
