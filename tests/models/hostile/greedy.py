"""Files that call nothing dangerous and still must not be loaded: they eat memory or time, or end early."""

import gzip
import lzma
import struct
from collections.abc import Iterator

from tests.models.hostile.opcodes import call, named, protocol, short

ARRAY = named("numpy._core.multiarray", "_reconstruct")
NDARRAY = named("numpy", "ndarray")
EMPTY = ARRAY + NDARRAY + b"K\x00\x85C\x01b\x87R"


def files() -> Iterator[tuple[str, bytes]]:
    """(name, bytes)"""
    yield from numbers()
    yield from structures()
    yield from forged_arrays()
    yield "zeros behind a signature", b"\x80\x04" + bytes(1000)
    yield "gzip of zeros", gzip.compress(bytes(50_000_000))
    yield "gzip within gzip", gzip.compress(gzip.compress(gzip.compress(gzip.compress(protocol(4, b"N")))))
    yield "xz that asks for a dictionary of 4 GB", b"\x5d\x00\x00\x00\xff" + b"\xff" * 8 + bytes(50)
    yield "xz cut off", lzma.compress(protocol(4, b"N" * 100_000))[:-20]
    yield "two gzip members", gzip.compress(b"\x80\x04") + gzip.compress(b"N.")
    yield "a persistent id", protocol(4, short("x") + b"Q")
    yield "an extension number", protocol(2, b"\x82\x01")
    yield "buffers from outside", protocol(5, b"\x97")
    yield "only a mark", b"("
    yield "protocol 9", b"\x80\x09N."


def numbers() -> Iterator[tuple[str, bytes]]:
    """Lengths and indices that are too large."""
    yield "memo index of 4 billion", protocol(2, b"]r" + struct.pack("<I", 0xFFFFFFF0))
    yield "memo index as text", b"(lp99999999999\n."
    yield "bytes longer than the file", protocol(4, b"\x8e" + struct.pack("<Q", 1 << 60))
    yield "bytearray longer than the file", protocol(5, b"\x96" + struct.pack("<Q", 1 << 40))
    yield "text longer than the file", protocol(4, b"X\xff\xff\xff\x7fabc")
    yield "number of a megabyte", protocol(2, b"\x8b" + struct.pack("<i", 1_000_000) + b"\x01" * 1_000_000)
    yield "number of negative length", protocol(2, b"\x8b" + struct.pack("<i", -5))
    yield "number of many digits", b"I" + b"9" * 1_000_000 + b"\n."
    yield "line without end", b"V" + b"a" * 1_000_000
    yield (
        "bytearray of a number",
        protocol(4, call(named("builtins", "bytearray"), b"\x8a\x06" + bytes(5) + b"\x01")),
    )
    yield "bytes of a number", protocol(4, call(named("builtins", "bytes"), b"J\xff\xff\xff\x7f"))
    yield (
        "list of a range",
        protocol(4, call(named("builtins", "list"), call(named("builtins", "range"), b"J\xff\xff\xff\x7f"))),
    )
    yield "fraction of a huge power", protocol(4, call(named("fractions", "Fraction"), short("1e999999999")))
    yield (
        "array of a huge shape",
        protocol(4, ARRAY + NDARRAY + b"\x8a\x06" + bytes(5) + b"\x01\x85C\x01d\x87R"),
    )
    yield "array made directly", protocol(4, NDARRAY + b"J\xff\xff\xff\x7f\x85\x85\x81")


def structures() -> Iterator[tuple[str, bytes]]:
    """Parts shared so often that the whole unfolds without end."""
    tuples = short("a") + b"\x85" + b"2\x86" * 60
    yield "tuples as a key", protocol(4, b"}" + tuples + b"K\x01s")
    yield "tuples in a frozenset", protocol(4, b"(" + tuples + b"\x91")
    yield "tuples in a set", protocol(4, call(named("builtins", "set"), b"]" + tuples + b"a"))
    lists = b"]q\x00" + b"".join(
        b"](" + b"h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(60)
    )
    yield "lists in lists", protocol(4, lists)
    yield (
        "a codec by name",
        protocol(2, call(b"c_codecs\nencode\n", b"X\x01\x00\x00\x00a", b"X\x03\x00\x00\x00zip")),
    )


def forged_arrays() -> Iterator[tuple[str, bytes]]:
    """Element types that make NumPy read addresses out of bytes, or beyond an array."""
    yield "objects whose flag is gone", protocol(4, _array(_dtype("O8", b"K\x00"), b"C\x08AAAAAAAA"))
    yield "numbers that claim to be objects", protocol(4, _array(_dtype("i8", b"K\x3f"), b"C\x08AAAAAAAA"))
    outside = b"(K\x03" + short("|") + b"N(" + short("a") + b"t}" + short("a") + _dtype("f8", b"K\x00")
    outside += b"M\xe8\x03\x86sK\x08K\x01K\x10tb"
    record = named("numpy", "dtype") + short("V8") + b"\x89\x88\x87R" + outside
    yield "a field outside of its record", protocol(4, _array(record, b"C\x08AAAAAAAA"))
    yield (
        "more elements than bytes",
        protocol(4, _array(_dtype("i8", b"K\x00"), b"C\x08AAAAAAAA", b"M\xe8\x03")),
    )
    yield (
        "a scalar of objects",
        protocol(
            4, call(named("numpy._core.multiarray", "scalar"), _dtype("O8", b"K\x3f"), b"C\x08AAAAAAAA")
        ),
    )
    tree = named("sklearn.tree._tree", "Tree") + b"K\x04" + EMPTY + b"J\xff\xff\xff\x7f\x87R"
    yield "a tree of more outputs than it has", protocol(4, tree)


def _dtype(kind: str, flags: bytes) -> bytes:
    order = short("|" if kind == "O8" else "<")
    return (
        named("numpy", "dtype")
        + short(kind)
        + b"\x89\x88\x87R(K\x03"
        + order
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        + flags
        + b"tb"
    )


def _array(dtype: bytes, data: bytes, count: bytes = b"K\x01") -> bytes:
    return EMPTY + b"(K\x01" + count + b"\x85" + dtype + b"\x89" + data + b"tb"
