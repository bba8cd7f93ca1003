"""Messages of an ONNX file made small once they are read: nodes by their names, tensors by their size and few values."""

import math
import struct
from typing import Any

from services.models.inspection.findings import Report, readable
from services.models.inspection.onnx_sizes import Graph, Node

FEW = 64
# element types of tensors: bytes of one, and how struct reads those that shapes are made of
_BITS = {1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
         17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8}  # fmt: skip
_READ = {1: "f", 6: "i", 7: "q", 11: "d"}
Tensor = tuple[int, list[float] | None, list[int]]


def compact(kind: str, found: dict[str, Any], report: Report) -> Any:
    """The small form of a message; the message itself where it has none."""
    made = _MAKERS.get(kind)
    return made(found, report) if made else found


def numbers(given: Any) -> list[int]:
    """Whole numbers, each in a field of its own or packed in one."""
    found: list[int] = []
    for one in given or []:
        if isinstance(one, int):
            found.append(_signed(one))
        elif isinstance(one, bytes):
            found += _varints(one)
    return found


def _varints(data: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in data[: 10 * FEW]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            found.append(_signed(value & (1 << 64) - 1))
            value, shift = 0, 0
    return found


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _tensor(found: dict[str, Any], report: Report) -> tuple[str, Tensor]:
    name, kind = _text(found.get("name")), found.get("data_type", 0)
    dims = numbers(found.get("dims"))
    count, held = math.prod(dims), found.get("held", 0)
    raw = found.get("raw_held")
    fits = not dims or min(dims) >= 0
    if raw is not None and kind in _BITS:
        fits = fits and raw == (count * _BITS[kind] + 7) // 8
    elif not found.get("external_data") and not found.get("data_location"):
        fits = fits and (kind == 8 or count <= held)
    if not fits:
        report.unknown(f"Its tensor {readable(name, 60)} has another size than its data.")
    return name, (max(count, 0), _few(found, kind, count) if fits and count <= FEW else None, dims)


def _few(found: dict[str, Any], kind: int, count: int) -> list[float] | None:
    raw = found.get("raw_data")
    if isinstance(raw, bytes) and kind in _READ:
        return list(struct.unpack(f"<{count}{_READ[kind]}", raw))
    if kind in (6, 7):
        return [float(one) for one in numbers(found.get("int64_data" if kind == 7 else "int32_data"))]
    return None


def _attribute(found: dict[str, Any], report: Report) -> tuple[str, Any, list[Graph]]:
    value: Any = found.get("i")
    if found.get("t"):
        value = found["t"][-1][1]
    elif found.get("ints"):
        value = numbers(found["ints"])
        if found.get("name") == b"value_ints":
            value = (len(value), [float(one) for one in value], [len(value)])
    return _text(found.get("name")), value, [*found.get("g", []), *found.get("graphs", [])]


def _node(found: dict[str, Any], report: Report) -> Node:
    attributes = found.get("attribute", [])
    return Node(
        _text(found.get("op_type")),
        _text(found.get("domain")),
        [_text(one) for one in found.get("input", [])],
        [_text(one) for one in found.get("output", [])],
        {name: value for name, value, _ in attributes},
        [body for _, _, bodies in attributes for body in bodies],
    )


def _graph(found: dict[str, Any], report: Report) -> Graph:
    names = [[_text(one.get("name")) for one in found.get(side, [])] for side in ("input", "output")]
    return Graph(found.get("node", []), dict(found.get("initializer", [])), *names)


def _function(found: dict[str, Any], report: Report) -> tuple[tuple[str, str], list[Node]]:
    return (_text(found.get("domain")), _text(found.get("name"))), found.get("node", [])


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


_MAKERS = {"Tensor": _tensor, "Attribute": _attribute, "Node": _node, "Graph": _graph, "Function": _function}
