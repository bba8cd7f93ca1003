"""What a PyTorch checkpoint calls while it is loaded: views on its own storages, and devices."""

import math
from collections.abc import Callable
from typing import Any

from services.models.inspection.symbols import LOST, Global, Map, Obj, Persistent, Seq

SIZES = {"Double": 8, "Long": 8, "ComplexFloat": 8, "ComplexDouble": 16, "Float": 4, "Int": 4, "QInt32": 4}
SIZES |= {"Half": 2, "BFloat16": 2, "Short": 2}
LARGEST = 1 << 32


def stored(id: Seq) -> tuple[str, int]:
    """Key and bytes of a storage, by torch's persistent id (“storage”, type, key, place, numbers)."""
    kind = id.items[1].name.removesuffix("Storage")
    count = id.items[4] if isinstance(id.items[4], int) else -1
    return str(id.items[2]), count * SIZES.get(kind, 1)


def _tensor(callee: Global, args: list[Any]) -> Any:
    """A view on a storage of the file, without hooks."""
    storage = args[0] if args else None
    hooks = args[5] if len(args) > 5 else None
    if (
        not isinstance(storage, Persistent)
        or not 4 <= len(args) <= 7
        or not (hooks is None or _is_empty(hooks))
    ):
        return None
    return Obj(callee, Seq("tuple", args)) if _within(storage, *args[1:4]) else None


def _within(storage: Persistent, offset: Any, size: Any, stride: Any) -> bool:
    """Whether a view stays within its storage, and is not far larger than it."""
    sizes, strides = (one.items if isinstance(one, Seq) else [-1] for one in (size, stride))
    held: Any = storage.id.items[4] if isinstance(storage.id, Seq) and len(storage.id.items) > 4 else None
    numbers = [offset, held, *sizes, *strides]
    if not all(isinstance(one, int) and one >= 0 for one in numbers) or len(sizes) != len(strides):
        return False
    count = math.prod(sizes)
    last = offset + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True))
    return count == 0 or (last < held and (count <= held or count <= LARGEST))


def _quantized(callee: Global, args: list[Any]) -> Any:
    """A tensor of small whole numbers: its scale and zero point stand before the hooks."""
    if len(args) != 7 or not isinstance(args[4], Seq):
        return None
    return _tensor(callee, [*args[:4], args[5], args[6]])


def _parameter(callee: Global, args: list[Any]) -> Any:
    known = len(args) == 3 and isinstance(args[0], Obj) and _is_empty(args[2])
    return Obj(callee, Seq("tuple", args)) if known else None


def _device(callee: Global, args: list[Any]) -> Any:
    known = all(isinstance(one, str | int) for one in args) and 1 <= len(args) <= 2
    return Obj(callee, Seq("tuple", args)) if known else None


def _is_empty(value: Any) -> bool:
    return isinstance(value, Obj | Map) and not value.pairs and getattr(value, "state", None) in (None, LOST)


RULES: dict[str, Callable[[Global, list[Any]], Any]] = {
    "_rebuild_tensor": _tensor, "_rebuild_tensor_v2": _tensor, "_rebuild_parameter": _parameter, "device": _device,
    "_rebuild_qtensor": _quantized,
}  # fmt: skip
