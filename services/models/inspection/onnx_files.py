"""ONNX models: a protobuf message, of which only lengths and the few fields that matter are read.

Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. A model is data; what leads out of
the file (external data) or to code of others (operators of other domains) is a finding.
"""

import re
from collections.abc import Iterator
from typing import Any

from services.models.inspection import onnx_parts, onnx_sizes
from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.streams import FilePlace
from services.models.intake import Column

_SMALL = 1_000_000
# message -> field -> (name, message of its value or "" for plain); anything else does not belong to ONNX
_SCHEMA: dict[str, dict[int, tuple[str, str]]] = {
    "Model": {1: ("ir_version", ""), 2: ("producer_name", ""), 3: ("producer_version", ""), 4: ("domain", ""),
              5: ("model_version", ""), 6: ("doc_string", ""), 7: ("graph", "Graph"), 8: ("opset_import", "Opset"),
              14: ("metadata_props", "Entry"), 20: ("training_info", "Training"), 25: ("functions", "Function"),
              26: ("configuration", "Skipped")},
    "Opset": {1: ("domain", ""), 2: ("version", "")},
    "Entry": {1: ("key", ""), 2: ("value", "")},
    "Training": {1: ("initialization", "Graph"), 2: ("algorithm", "Graph"), 3: ("binding", "Entry"), 4: ("update", "Entry")},
    "Graph": {1: ("node", "Node"), 2: ("name", ""), 5: ("initializer", "Tensor"), 10: ("doc_string", ""),
              11: ("input", "Value"), 12: ("output", "Value"), 13: ("value_info", "Skipped"),
              14: ("quantization", "Skipped"), 15: ("sparse_initializer", "Sparse"), 16: ("metadata_props", "Skipped")},
    "Node": {1: ("input", ""), 2: ("output", ""), 3: ("name", ""), 4: ("op_type", ""), 5: ("attribute", "Attribute"),
             6: ("doc_string", ""), 7: ("domain", ""), 8: ("overload", ""), 9: ("metadata_props", "Skipped"),
             10: ("device_configurations", "Skipped")},
    "Attribute": {1: ("name", ""), 2: ("f", ""), 3: ("i", ""), 4: ("s", ""), 5: ("t", "Tensor"), 6: ("g", "Graph"),
                  7: ("floats", ""), 8: ("ints", ""), 9: ("strings", ""), 10: ("tensors", "Tensor"), 11: ("graphs", "Graph"),
                  13: ("doc_string", ""), 14: ("tp", "Skipped"), 15: ("type_protos", "Skipped"), 20: ("type", ""),
                  21: ("ref_attr_name", ""), 22: ("sparse_tensor", "Sparse"), 23: ("sparse_tensors", "Sparse")},
    "Tensor": {1: ("dims", ""), 2: ("data_type", ""), 3: ("segment", "Skipped"), 4: ("float_data", ""),
               5: ("int32_data", ""), 6: ("string_data", ""), 7: ("int64_data", ""), 8: ("name", ""), 9: ("raw_data", ""),
               10: ("double_data", ""), 11: ("uint64_data", ""), 12: ("doc_string", ""), 13: ("external_data", "Entry"),
               14: ("data_location", ""), 16: ("metadata_props", "Skipped")},
    "Sparse": {1: ("values", "Tensor"), 2: ("indices", "Tensor"), 3: ("dims", "")},
    "Function": {1: ("name", ""), 2: ("since_version", ""), 3: ("status", ""), 4: ("input", ""), 5: ("output", ""),
                 6: ("attribute", ""), 7: ("node", "Node"), 8: ("doc_string", ""), 9: ("opset_import", "Opset"),
                 10: ("domain", ""), 11: ("attribute_proto", "Attribute"), 12: ("value_info", "Skipped"),
                 13: ("overload", ""), 14: ("metadata_props", "Skipped")},
    "Value": {1: ("name", ""), 2: ("type", "Type"), 3: ("doc_string", ""), 4: ("metadata_props", "Skipped")},
    "Type": {1: ("tensor", "TensorType"), 4: ("sequence", "Wrapped"), 5: ("map", "MapType"), 6: ("denotation", ""),
             7: ("opaque", "Skipped"), 8: ("sparse", "TensorType"), 9: ("optional", "Wrapped")},
    "TensorType": {1: ("elem_type", ""), 2: ("shape", "Shape")},
    "Wrapped": {1: ("elem_type", "Type")},
    "MapType": {1: ("key_type", ""), 2: ("value_type", "Type")},
    "Shape": {1: ("dim", "Dim")},
    "Dim": {1: ("dim_value", ""), 2: ("dim_param", ""), 3: ("denotation", "")},
}  # fmt: skip
_DTYPES = ("", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "str", "bool", "float16", "float64",
           "uint32", "uint64", "complex64", "complex128", "bfloat16")  # fmt: skip
_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview.training", "com.microsoft", "com.microsoft.nchwc"}
_RUNS = {"PythonOp", "PythonOpGrad", "ATen", "EPContext", "ExternalGraph", "PyOp"}
_DEEPEST = 40
_REPEATED = {"Dim", "Entry", "Node", "Attribute", "Tensor", "Value", "Function", "Graph"}
_LISTED = {
    ("Node", "input"),
    ("Node", "output"),
    ("Tensor", "dims"),
    ("Attribute", "ints"),
    ("Tensor", "int64_data"),
    ("Tensor", "int32_data"),
}


def looks_like(place: FilePlace) -> bool:
    """Whether the file's first fields are those of a model with a version and a graph."""
    seen, at = set(), 0
    try:
        for number, wire, start, size in _fields(place, 0, place.size):
            if number not in _SCHEMA["Model"] or (number == 1 and wire != 0) or (number == 7 and wire != 2):
                return False
            seen.add(number)
            at = start + size
            if {1, 7} <= seen:
                return True
    except Broken:
        return 1 in seen and at >= 8
    return {1, 7} <= seen


def read(place: FilePlace, report: Report) -> None:
    """Inspect a model."""
    report.is_a("onnx", "onnx", "tensors")
    model = _Reader(place, report)
    model.message("Model", 0, place.size, 0)
    model.conclude()


class _Reader:
    def __init__(self, place: FilePlace, report: Report) -> None:
        self.place, self.report = place, report
        self.domains: set[str] = set()
        self.own: set[str] = set()
        self.operators: set[tuple[str, str]] = set()
        self.opsets: dict[str, int] = {}
        self.top: dict[str, Any] = {}
        self.metadata: dict[str, str] = {}
        self.initial: set[str] = set()
        self.columns: dict[str, list[Column]] = {"input": [], "output": []}

    def message(self, kind: str, start: int, size: int, depth: int) -> dict[str, Any]:
        """Walk a message; its plain values by name, repeated ones as the last or, for messages, in a list."""
        if depth > _DEEPEST:
            raise Broken("the ONNX graph is nested more than 40 deep")
        schema = _SCHEMA[kind]
        found: dict[str, Any] = {}
        count = 0
        for number, wire, at, length in _fields(self.place, start, start + size):
            count += 1
            if count & 0xFFF == 0:
                self.report.budget.step(0x1000)
            if number not in schema:
                self.report.unknown(
                    f"The ONNX file has a field {number} in its {kind}, which ONNX does not define."
                )
                continue
            name, inner = schema[number]
            if inner and inner != "Skipped" and wire == 2:
                value: Any = self.message(inner, at, length, depth + 1)
                self._saw(kind if depth < 2 else "", name, inner, value)
                if inner in _REPEATED:
                    found.setdefault(name, []).append(onnx_parts.compact(inner, value, self.report))
                else:
                    found[name] = value
            elif not inner:
                _keep_plain(kind, found, name, self._plain(wire, at, length), length if wire == 2 else 8)
        if kind == "Model":
            self.top = found
        return found

    def _plain(self, wire: int, at: int, length: int) -> Any:
        if wire == 0:
            return length
        return self.place.at(at, length) if wire == 2 and length <= _SMALL else None

    def _saw(self, kind: str, name: str, inner: str, value: dict[str, Any]) -> None:
        """Note what matters; `kind` is empty inside of subgraphs, whose inputs are not the model's."""
        if inner == "Node":
            self.operators.add((_text(value.get("domain")), _text(value.get("op_type"))))
        elif inner == "Opset" and kind == "Model":
            self.opsets[_text(value.get("domain")) or "ai.onnx"] = value.get("version", 0)
        elif inner == "Function":
            self.own.add(_text(value.get("domain")))
        elif inner == "Tensor":
            self._tensor(value)
            if kind == "Graph":
                self.initial.add(_text(value.get("name")))
        elif kind == "Model" and name == "metadata_props" and len(self.metadata) < 100:
            self.metadata[_text(value.get("key"))] = readable(_text(value.get("value")), 300)
        elif kind == "Graph" and name in self.columns and inner == "Value":
            self.columns[name].append(_column(value))

    def _tensor(self, tensor: dict[str, Any]) -> None:
        if tensor.get("data_location") == 1 or tensor.get("external_data"):
            entries = {_text(e.get("key")): _text(e.get("value")) for e in tensor.get("external_data", [])}
            place = readable(entries.get("location", "another file"), 80)
            out = place.startswith(("/", "\\", "~")) or ".." in re.split(r"[/\\]", place) or ":" in place
            if out:
                self.report.blocked(f"It takes weights from {place}, which lies outside of the model.")
            else:
                self.report.unknown(
                    f"It keeps weights in {place}. Save the model with its weights in one file."
                )

    def conclude(self) -> None:
        """Judge what was seen, and say what the model takes and gives."""
        report = self.report
        for domain, name in sorted(self.operators):
            if name in _RUNS:
                report.blocked(f"It has the operator {readable(name, 40)}, which runs code or opens files.")
            elif domain not in _DOMAINS | self.own:
                report.unknown(
                    f"It needs operators of {readable(domain, 60)} ({readable(name, 40)}), which are not ONNX's."
                )
        if "graph" not in self.top:
            raise Broken("the ONNX file has no graph")
        self._measure()
        producer = readable(_text(self.top.get("producer_name")), 60)
        if producer:
            report.versions[producer] = readable(_text(self.top.get("producer_version")), 60)
        report.details |= {
            "ir_version": self.top.get("ir_version"),
            "opset": self.opsets,
            "metadata": self.metadata,
        }
        if self.opsets.get("ai.onnx"):
            report.versions["onnx-opset"] = str(self.opsets["ai.onnx"])
        report.inputs = [one for one in self.columns["input"] if one.name not in self.initial]
        report.outputs = self.columns["output"]
        self._task()

    def _measure(self) -> None:
        functions = dict(self.top.get("functions", []))
        for graph in self.top["graph"]:
            onnx_sizes.check_functions(functions, graph.nodes, self.report)
            onnx_sizes.check(graph, self.report)

    def _task(self) -> None:
        names = {name for _, name in self.operators}
        classes = any("Classifier" in name for name in names) or "ZipMap" in names
        if classes:
            self.report.details |= {"task": "classification", "probabilities": len(self.report.outputs) > 1}
        elif any("Regressor" in name for name in names):
            self.report.details["task"] = "regression"


def _keep_plain(kind: str, found: dict[str, Any], name: str, value: Any, size: int) -> None:
    """Some fields come once for each value, and of tensors it matters how many bytes they hold."""
    if (kind, name) in _LISTED:
        found.setdefault(name, []).append(value)
    else:
        found[name] = value
    if kind == "Tensor" and name.endswith("_data"):
        found["held"] = found.get("held", 0) + size
    if kind == "Tensor" and name == "raw_data":
        found["raw_held"] = size


def _column(value: dict[str, Any]) -> Column:
    kind = value.get("type", {})
    wrapped = "sequence" in kind or "map" in kind or "optional" in kind
    while "tensor" not in kind and (kind.get("sequence") or kind.get("map") or kind.get("optional")):
        inner = kind.get("sequence") or kind.get("map") or kind.get("optional") or {}
        kind = inner.get("elem_type") or inner.get("value_type") or {}
    tensor = kind.get("tensor") or {}
    code = tensor.get("elem_type", 0)
    dtype = _DTYPES[code] if isinstance(code, int) and code < len(_DTYPES) else ""
    shape = tuple(
        d["dim_value"] if isinstance(d.get("dim_value"), int) and d["dim_value"] > 0 else None
        for d in (tensor.get("shape") or {}).get("dim", [])
    )
    return Column(readable(_text(value.get("name")), 200), "map" if wrapped else dtype, shape)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _fields(place: FilePlace, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, start, size) of each field; for a plain number, size is the number itself."""
    while at < end:
        key, at = _varint(place, at, end)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(place, at, end)
            yield number, wire, at, value
            continue
        if wire == 2:
            size, at = _varint(place, at, end)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise Broken(f"byte {at} is no protobuf field")
        if number == 0 or at + size > end:
            raise Broken(f"the ONNX file ends in the middle of a field (byte {at})")
        yield number, wire, at, size
        at += size


def _varint(place: FilePlace, at: int, end: int) -> tuple[int, int]:
    data = place.at(at, min(10, end - at))
    value = 0
    for i, byte in enumerate(data):
        value |= (byte & 0x7F) << (7 * i)
        if not byte & 0x80:
            return value, at + i + 1
    raise Broken(f"byte {at} is no protobuf number")
