"""NumPy's .npy files: a literal header and plain bytes, or a pickle where the elements are objects."""

import ast
import math
from typing import Any

import numpy as np

from services.models.inspection import arrays, native_parts
from services.models.inspection.findings import Broken, Report
from services.models.inspection.pickles import walk
from services.models.inspection.streams import Stream
from services.models.inspection.symbols import LONGEST_BYTES, LONGEST_RAW, Global, Large, Obj, Seq

MAGIC = b"\x93NUMPY"


def read(source: Stream, report: Report) -> Obj | None:
    """Inspect one array; its symbol, with its bytes when it is small."""
    header = _header(source)
    descr, shape = header["descr"], header["shape"]
    if "O" in str(descr):
        report.unknown("A NumPy array of objects holds a pickle.")
        found = walk(source, report)
        return found.root if found and isinstance(found.root, Obj) else None
    size = math.prod(shape) * _itemsize(descr)
    data: Any = Large("bytes", size)
    if size <= LONGEST_BYTES or (isinstance(descr, list) and size <= LONGEST_RAW):
        data = source.take(size)
    else:
        source.pass_over(size)
    if isinstance(descr, list) and isinstance(data, bytes):
        _check_nodes(data, descr, report)
    if not source.ended():
        report.unknown(f"Something follows the array's {size} bytes.")
    dtype = Obj(Global("numpy", "dtype", "type"), Seq("tuple", [descr]))
    args = Seq("tuple", [data, dtype, Seq("tuple", list(shape)), "C"])
    made = Obj(Global("numpy", "_frombuffer"), args)
    made.state = Seq("tuple", [1, Seq("tuple", list(shape)), dtype, False, data])
    return made


def _check_nodes(data: bytes, descr: list[Any], report: Report) -> None:
    try:
        facts = native_parts.nodes(np.frombuffer(data, np.dtype(descr)))
    except (ValueError, TypeError):
        return report.unknown("The records of an array are not laid out as NumPy does.")
    if facts and facts.said:
        report.unknown(f"A tree in it does not hold together: {facts.said}.")
    return None


def _header(source: Stream) -> dict[str, Any]:
    start = source.take(8)
    if not start.startswith(MAGIC) or start[6] not in (1, 2, 3):
        raise Broken("it is no NumPy array")
    length = int.from_bytes(source.take(2 if start[6] == 1 else 4), "little")
    if length > 10_000:  # as NumPy refuses it: literal_eval is not safe for any length
        raise Broken(f"the header of the NumPy array has {length} bytes")
    try:
        header = ast.literal_eval(source.take(length).decode("utf-8" if start[6] == 3 else "latin-1"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise Broken("the header of the NumPy array is no literal") from None
    shape = header.get("shape") if isinstance(header, dict) else None
    good = isinstance(shape, tuple) and all(isinstance(n, int) and 0 <= n < 1 << 48 for n in shape)
    if not good or set(header) != {"descr", "fortran_order", "shape"}:
        raise Broken("the header of the NumPy array has other keys than NumPy writes")
    return dict(header)


def _itemsize(descr: Any) -> int:
    if isinstance(descr, str):
        try:
            _, size = arrays.code(Obj(Global("numpy", "dtype", "type"), Seq("tuple", [descr.split("[")[0]])))
        except arrays.Odd as odd:
            raise Broken(str(odd)) from None
        return size
    if isinstance(descr, list) and all(isinstance(one, tuple) and len(one) in (2, 3) for one in descr):
        return sum(_itemsize(one[1]) * math.prod(one[2] if len(one) == 3 else ()) for one in descr)
    raise Broken("the elements of the NumPy array are not followed")
