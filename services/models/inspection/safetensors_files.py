"""safetensors: a JSON header and plain numbers. https://huggingface.co/docs/safetensors is the format."""

import json
import math
from typing import Any

from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.streams import FilePlace

_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8, "BOOL": 8,
         "U64": 64, "U32": 32, "U16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "C64": 64, "F4": 4}  # fmt: skip


def looks_like(place: FilePlace) -> bool:
    """Whether the file begins with the length of a JSON object that fits into it."""
    head = place.at(0, 9)
    return len(head) == 9 and head[8:] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= place.size - 8


def read(place: FilePlace, report: Report) -> None:
    """Inspect a file of tensors: they must fill it without overlaps and gaps."""
    report.is_a("safetensors", "safetensors", "tensors")
    length = int.from_bytes(place.at(0, 8), "little")
    if length > 100_000_000:
        raise Broken("its header is larger than 100 MB")
    header = _header(place.at(8, length))
    metadata = header.pop("__metadata__", {})
    at = 0
    for name, one in sorted(header.items(), key=lambda pair: _start(pair[1])):
        at = _check(name, one, at)
    if at != place.size - 8 - length:
        raise Broken(f"its tensors take {at} bytes of the {place.size - 8 - length} behind its header")
    shapes = {readable(name, 200): one["shape"] for name, one in list(header.items())[:500]}
    kept = list(metadata.items())[:50] if isinstance(metadata, dict) else []
    report.details |= {
        "tensors": shapes,
        "metadata": {readable(str(k), 80): readable(str(v), 200) for k, v in kept},
    }
    report.details["advice"] = (
        "The file holds weights without the network that uses them. Save the model as TorchScript, .pt2 or ONNX, "
        "or write a handler that builds the network."
    )


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Broken("its header is no JSON") from None
    if not isinstance(header, dict):
        raise Broken("its header is no JSON object")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def _start(one: Any) -> int:
    offsets = one.get("data_offsets") if isinstance(one, dict) else None
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(isinstance(n, int) for n in offsets):
        raise Broken("a tensor has no place")
    return int(offsets[0])


def _check(name: str, one: dict[str, Any], at: int) -> int:
    start, end = one["data_offsets"]
    shape = one.get("shape")
    if not isinstance(shape, list) or not all(isinstance(n, int) and 0 <= n < 1 << 48 for n in shape):
        raise Broken(f"the tensor {readable(name, 80)} has no shape")
    bits = _BITS.get(str(one.get("dtype")))
    if bits is None or start != at or (end - start) * 8 != math.prod(shape) * bits:
        raise Broken(f"the tensor {readable(name, 80)} is not where its header says")
    return int(end)
