"""What a PyTorch checkpoint calls while it is loaded: views on its own storages, and devices."""

from collections.abc import Callable
from typing import Any

from services.models.inspection.symbols import LOST, Global, Map, Obj, Persistent, Seq


def _tensor(callee: Global, args: list[Any]) -> Any:
    """A view on a storage of the file, without hooks."""
    storage = args[0] if args else None
    hooks = args[5] if len(args) > 5 else None
    known = isinstance(storage, Persistent) and 4 <= len(args) <= 7 and (hooks is None or _is_empty(hooks))
    numbers = known and isinstance(args[1], int) and all(isinstance(one, Seq | Obj) for one in args[2:4])
    return Obj(callee, Seq("tuple", args)) if numbers else None


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
}  # fmt: skip
