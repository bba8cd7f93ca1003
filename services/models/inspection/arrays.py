"""NumPy arrays as pickles and joblib files describe them: element types and shapes that NumPy would take at their word.

A type whose object flag is forged makes NumPy read addresses out of plain bytes, and a field that lies outside of its
record makes it read foreign memory: both are checked here, since NumPy does not.
"""

import math
import re
from typing import Any

import numpy as np

from services.models.inspection.symbols import Global, Large, Map, Obj, Seq

_CODE = re.compile(r"^[<>|=]?([?biufcSUVMmO])(\d{0,9})$")
MAKERS = {"_reconstruct", "_frombuffer", "_mareconstruct"}
_WRAPPER = ("subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes")
_DANGEROUS_FLAGS = 0x07  # holds objects, pickles as a list, is a pointer


class Odd(ValueError):
    """An array as no writer describes it; the message is a reason."""


def is_dtype(value: Any) -> bool:
    """Whether a symbol is a NumPy element type."""
    return isinstance(value, Obj) and value.made_by == Global("numpy", "dtype", "type")


def is_array(value: Any) -> bool:
    """Whether a symbol is a NumPy array."""
    return isinstance(value, Obj) and (value.type_name in MAKERS or value.type_name == "NumpyArrayWrapper")


def code(dtype: Obj) -> tuple[str, int]:
    """Kind letter and bytes of one element."""
    text = dtype.args.items[0] if isinstance(dtype.args, Seq) and dtype.args.items else None
    found = _CODE.match(text) if isinstance(text, str) else None
    if not found:
        raise Odd(f"an array has the element type {text!r:.60}, which is not followed")
    letter, digits = found.groups()
    size = int(digits or {"?": 1, "b": 1, "O": 8}.get(letter, 0))
    if letter in "iufcmM" and size not in (1, 2, 4, 8, 16, 32):
        raise Odd(f"an array has the element type {text!r}, which does not exist")
    return letter, size * 4 if letter == "U" else size


def check_dtype(dtype: Obj) -> None:
    """`Odd` unless the state that an element type is given is one that NumPy itself writes for it."""
    letter, size = code(dtype)
    state = dtype.state.items if isinstance(dtype.state, Seq) else []
    if len(state) not in (8, 9) or state[1] not in ("<", ">", "|", "="):
        raise Odd("an element type has a state that NumPy does not write")
    subtype, names, fields, elsize, alignment, flags = state[2:8]
    if not all(isinstance(one, int) for one in (elsize, alignment, flags)) or subtype is not None:
        raise Odd("an element type has a state that is not followed")
    if letter == "O":
        expected = (None, None, -1, -1, 63)
        if (names, fields, elsize, alignment, flags) != expected:
            raise Odd("an element type of objects has forged flags: plain bytes would become addresses")
    elif flags & _DANGEROUS_FLAGS:
        raise Odd("an element type of numbers claims to hold objects")
    elif letter == "V" and names is not None:
        if elsize != size:
            raise Odd("a record type has another size than its name says")
        _check_fields(names, fields, elsize)
    elif (names, fields) != (None, None) or elsize not in ((size,) if letter in "SUV" else (-1,)):
        raise Odd("an element type has another size than its name says")


def _check_fields(names: Any, fields: Any, elsize: int) -> None:
    if not isinstance(names, Seq) or not isinstance(fields, Map) or len(names.items) != len(fields.pairs):
        raise Odd("a record type has other fields than names")
    names.sealed = fields.sealed = True  # NumPy keeps the very dict: a field must not be added later
    for _, field in fields.pairs:
        parts = field.items if isinstance(field, Seq) else []
        if len(parts) not in (2, 3) or not is_dtype(parts[0]) or not isinstance(parts[1], int):
            raise Odd("a record type has a field that is not followed")
        letter, size = code(parts[0])
        if letter in "OV" or parts[1] < 0 or parts[1] + size > elsize:
            raise Odd("a record type has a field that lies outside of it or holds objects")


def check_array(state: Any) -> None:
    """`Odd` unless an array's state fits: (version, shape, element type, order, bytes or list[, mask, fill])."""
    parts = state.items if isinstance(state, Seq) else []
    if len(parts) not in (5, 7) or not is_dtype(parts[2]):
        raise Odd("an array has a state that NumPy does not write")
    count, (letter, size) = _count(parts[1]), code(parts[2])
    if letter == "O":
        if not isinstance(parts[4], Seq) or len(parts[4].items) + parts[4].dropped != count:
            raise Odd("an array of objects does not hold a list of them")
    elif (held := _length(parts[4])) not in (None, count * size):
        raise Odd(f"an array of {count * size} bytes has {held} bytes of data")


def wrapper_size(wrapper: Obj) -> tuple[int | None, int | None]:
    """Bytes behind a joblib array wrapper (None: a pickle of objects) and its alignment (None: before joblib 1.2)."""
    if any(key not in _WRAPPER for key, _ in wrapper.attributes().pairs) or not isinstance(
        wrapper.state, Map
    ):
        raise Odd(
            "an array wrapper of joblib has attributes that are not its own: they could replace its methods"
        )
    dtype, subclass = wrapper.get("dtype"), wrapper.get("subclass")
    if not is_dtype(dtype) or subclass not in (
        Global("numpy", "ndarray", "value"),
        Global("numpy", "matrix", "value"),
    ):
        raise Odd("an array wrapper of joblib does not say which array follows")
    alignment = wrapper.get("numpy_array_alignment_bytes")
    if alignment not in (None, 16):
        raise Odd(f"an array wrapper of joblib has the alignment {alignment!r:.40}")
    letter, size = code(dtype)
    count = _count(wrapper.get("shape"))
    return (None if letter == "O" else count * size), alignment


def values(array: Any, limit: int = 1000) -> list[Any] | None:
    """The elements of a small array of one dimension, of a list or a tuple; None where they were not kept."""
    if isinstance(array, Seq):
        return None if array.dropped else [scalar_value(one) for one in array.items[:limit]]
    data, dtype = content(array) if is_array(array) else (None, None)
    if isinstance(data, Seq):
        return None if data.dropped else [scalar_value(one) for one in data.items[:limit]]
    if not isinstance(data, bytes) or not isinstance(dtype, Obj) or not is_dtype(dtype):
        return None
    try:
        return _decoded(data, dtype, limit)
    except (Odd, ValueError, TypeError):
        return None


def _decoded(data: bytes, dtype: Obj, limit: int) -> list[Any] | None:
    letter, size = code(dtype)
    if letter in "OVMm":
        return None
    if letter == "U":  # NumPy would make texts of code points that do not exist
        order = "be" if numpy_dtype(dtype).byteorder == ">" else "le"
        pieces = (data[at : at + size] for at in range(0, min(len(data), size * limit), size or 1))
        return [piece.decode(f"utf-32-{order}", "replace").rstrip("\0") for piece in pieces]
    return [scalar_value(one) for one in np.frombuffer(data, numpy_dtype(dtype))[:limit].tolist()]


def numpy_dtype(dtype: Obj) -> np.dtype[Any]:
    """The element type of plain values as NumPy has it."""
    text = str(dtype.args.items[0])
    order = dtype.state.items[1] if isinstance(dtype.state, Seq) and len(dtype.state.items) > 1 else text[:1]
    return np.dtype((order if order in ("<", ">") else "") + text.lstrip("<>|="))


def scalar_value(value: Any) -> Any:
    """A number or text as plain Python; a symbol becomes its name."""
    if isinstance(value, Obj) and value.type_name == "scalar" and isinstance(value.state, bytes):
        found = values(Obj(Global("", "_frombuffer"), Seq("tuple", [value.state, value.args])), 1)
        return found[0] if found else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)[:80]


def shape(array: Any) -> tuple[int, ...]:
    """The shape of an array; () when it is not known."""
    if isinstance(array, Obj):
        given = (
            array.get("shape") if array.raw is not None or array.type_name == "NumpyArrayWrapper" else None
        )
        if given is None and isinstance(array.state, Seq) and len(array.state.items) > 2:
            given = array.state.items[1]
        if isinstance(given, Seq) and all(isinstance(one, int) for one in given.items):
            return tuple(given.items)
    return ()


def content(array: Obj) -> tuple[Any, Any]:
    """An array's data and element type, as far as they were kept."""
    data, dtype = _content(array)
    return (data.raw if isinstance(data, Large) and data.raw is not None else data), dtype


def forget(array: Obj) -> None:
    """Let go of the bytes of a long array."""
    data, _ = _content(array)
    if isinstance(data, Large):
        data.raw, data.used = None, True


def _content(array: Obj) -> tuple[Any, Any]:
    if array.type_name == "NumpyArrayWrapper":
        return (array.raw if array.raw is not None else Large("bytes", 0)), array.get("dtype")
    if array.type_name == "_frombuffer" and isinstance(array.args, Seq):
        parts = array.args.items
        return (parts[0], parts[1]) if len(parts) > 1 else (None, None)
    parts = array.state.items if isinstance(array.state, Seq) else []
    return (parts[4], parts[2]) if len(parts) >= 5 else (None, None)


def _count(shape: Any) -> int:
    sizes = shape.items if isinstance(shape, Seq) else [shape]
    sizes = [scalar_value(one) for one in sizes]
    if len(sizes) > 64 or not all(isinstance(one, int) and 0 <= one < 1 << 48 for one in sizes):
        raise Odd("an array has a shape that does not exist")
    return math.prod(sizes)


def _length(data: Any) -> int | None:
    if isinstance(data, Large):
        return data.size if data.type == "bytes" and data.size >= 0 else None
    return len(data) if isinstance(data, bytes) else None
