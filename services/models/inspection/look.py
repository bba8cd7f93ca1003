"""Which format a file has, by its bytes, and the reader that inspects it; files within files come back here."""

import struct
from collections.abc import Callable

from services.models.inspection import (
    archives,
    booster_files,
    compressed,
    hdf5,
    keras_files,
    numpy_files,
    onnx_files,
    pickled,
    programs,
    r_files,
    safetensors_files,
    tarred,
)
from services.models.inspection.findings import Broken, Report, TooMuch, readable
from services.models.inspection.streams import FilePlace, Stream, spool, stream
from services.models.inspection.zipped import read_zip

HEAD = 4096


def look(place: FilePlace, report: Report) -> None:
    """Inspect a file or a part of one. What breaks off is a finding; only `TooMuch` of the budget goes on up."""
    head = place.at(0, HEAD)
    try:
        _look(place, head, report)
        if report.verdict == "safe":
            _second_look(place, head, report)
    except Broken as broken:
        report.unknown(f"It cannot be read to its end: {broken}.")
    except (IndexError, struct.error):
        report.unknown("It cannot be read to its end: a description in it is shorter than its format says.")
    except RecursionError:
        report.unknown("It is nested too deep to be followed.")


def nested(source: Stream, report: Report, where: str) -> Report:
    """Inspect a file within a file; its reasons are taken over with their place."""
    inner = report.child()
    report.budget.deeper()
    try:
        look(spool(source, report.budget.spool), inner)
    except Broken as broken:
        inner.unknown(f"it cannot be read to its end: {broken}")
    finally:
        report.budget.depth -= 1
        report.absorb(inner, readable(where, 80))
    return inner


def _look(place: FilePlace, head: bytes, report: Report) -> None:
    program = programs.named(head)
    if program:
        return programs.refuse(program, report)
    if head.startswith(b"PK\3\4"):
        return read_zip(archives.Archive(place, report), report, nested)
    kind = compressed.compression(head)
    if kind:
        return _compressed(place, kind, report)
    for known, read in _FORMATS:
        if known(place, head):
            return read(place, report)
    if pickled.try_without_signature(stream(place), report):
        return None
    return _other(head, report)


def _second_look(place: FilePlace, head: bytes, report: Report) -> None:
    """A file that two loaders take for two things is not safe, whatever the first one is."""
    if not pickled.starts_a_pickle(head):
        pickled.also_a_pickle(stream(place), report)
    tail = place.at(max(0, place.size - 66_000), 66_000)
    at = tail.rfind(b"PK\5\6")
    ends = 0 <= at <= len(tail) - 22 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(
        tail
    )
    if ends and not head.startswith(b"PK\3\4"):
        report.unknown("The file ends as a zip archive does, and begins as something else.")


def _compressed(place: FilePlace, kind: str, report: Report) -> None:
    source = compressed.decompressed(stream(place), kind, report.budget, report)
    head = source.peek(HEAD)
    if pickled.starts_a_pickle(head):
        return pickled.read(source, report, packed=kind)
    if r_files.starts_rds(head):
        report.details["compression"] = kind
        return r_files.read(source, report)
    report.unknown(f"It is compressed with {kind}; no kind of model that is known here is kept like that.")
    if head.strip(b"\0") and head[:1] != b"\0":
        nested(source, report, f"inside of the {kind} stream")
    return None


def _numpy(place: FilePlace, report: Report) -> None:
    report.is_a("numpy", "other")
    numpy_files.read(stream(place), report)
    report.unknown("It is an array, no model; a handler of your own would have to use it.")


def _other(head: bytes, report: Report) -> None:
    packed = next((name for magic, name in compressed.UNREADABLE.items() if head.startswith(magic)), None)
    if packed:
        report.unknown(
            f"It is compressed with {packed}, which is not read here. Save it uncompressed or with gzip."
        )
    elif not head.strip(b"\0"):
        report.unknown("It begins with nothing but zero bytes: that is no model.")
    elif head[:2] in (b"A\n", b"B\n"):
        report.unknown(
            "It is R's ASCII or native form, which is not read here. Write it with saveRDS as it comes."
        )
    else:
        report.unknown("Its format is not known here. Only a handler of your own can load it.")


_Known = Callable[[FilePlace, bytes], bool]
_FORMATS: list[tuple[_Known, Callable[[FilePlace, Report], None]]] = [
    (
        lambda place, head: pickled.starts_a_pickle(head),
        lambda place, report: pickled.read(stream(place), report),
    ),
    (lambda place, head: head.startswith(numpy_files.MAGIC), _numpy),
    (lambda place, head: head.startswith(hdf5.MAGIC), keras_files.read_hdf5),
    (lambda place, head: r_files.starts_rds(head), lambda place, report: r_files.read(stream(place), report)),
    (lambda place, head: booster_files.is_lightgbm(head), booster_files.read_lightgbm),
    (lambda place, head: booster_files.is_xgboost(head), booster_files.read_xgboost),
    (
        lambda place, head: head.startswith((b"binf", b"CONFIG-offset:", b"bs64")),
        lambda place, report: booster_files.read_binary_xgboost(report),
    ),
    (lambda place, head: safetensors_files.looks_like(place), safetensors_files.read),
    (lambda place, head: tarred.is_tar(head), lambda place, report: tarred.read(place, report, nested)),
    (lambda place, head: onnx_files.looks_like(place), onnx_files.read),
]

__all__ = ["TooMuch", "look", "nested"]
