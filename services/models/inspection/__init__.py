"""What a model file is, and whether it may be loaded, found out without running a byte of it.

`inspect` recognises a file by its content, walks every pickle in it against an allow-list of exact names, opens nested
archives and compressed streams within limits, and reads what the file says of its inputs, outputs and versions. What
is broken, unknown or too much to follow is never safe. Nothing here imports a machine-learning library.
"""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.models.inspection.findings import MEGABYTE, Budget, NotAModel, Report, TooMuch, readable
from services.models.inspection.look import look
from services.models.inspection.streams import FilePlace
from services.models.intake import Column, Intake

Say = Callable[[float], None]
__all__ = ["NotAModel", "inspect", "inspect_file"]


def inspect(path: Path, *, name: str = "", say: Say | None = None) -> Intake:
    """Inspect a model file. `name` is the user's name for it, `say` is told the progress from 0 to 1.

    Raises `NotAModel` when there is nothing to look at: no file, a folder, an empty or unreadable file.
    """
    shown = name or path.name
    _check_it_is_a_file(path, shown)
    try:
        with path.open("rb") as file:
            place = FilePlace(file)
            digest = _sha256(place, say)
            report = Report(Budget(place.size))
            _look(place, report)
    except OSError as error:
        raise NotAModel(
            f"{shown} cannot be read ({error.strerror}). Check the file and its permissions."
        ) from None
    if say:
        say(1.0)
    return _intake(report, digest, place.size)


def inspect_file(path: Path) -> Intake:
    """Inspect a file for the command line."""
    return inspect(Path(path))


def _check_it_is_a_file(path: Path, shown: str) -> None:
    if path.is_dir():
        raise NotAModel(f"{shown} is a folder. Choose the model file in it, or zip an MLflow folder.")
    if not path.is_file():
        raise NotAModel(f"There is no file {shown}. Check the path.")
    if path.stat().st_size == 0:
        raise NotAModel(f"{shown} is empty (0 bytes). Save the model again and upload that file.")


def _sha256(place: FilePlace, say: Say | None) -> str:
    """The hash of the whole file; it takes most of the time, so it is what progress tells of."""
    digest, at = hashlib.sha256(), 0
    while data := place.at(at, MEGABYTE):
        digest.update(data)
        at += len(data)
        if say:
            say(0.9 * at / place.size)
    return digest.hexdigest()


def _look(place: FilePlace, report: Report) -> None:
    try:
        look(place, report)
    except TooMuch as much:
        report.unknown(f"It was not followed to its end: {much}.")
    except (RecursionError, MemoryError):
        report.unknown("It is nested too deep to be followed.")
    except OSError:
        raise
    except Exception as error:  # a crafted file may surprise a reader: that must never let it pass
        report.unknown(f"It cannot be understood ({type(error).__name__}).")


def _intake(report: Report, digest: str, size: int) -> Intake:
    return Intake(
        format=report.format,
        framework=report.framework,
        verdict=report.verdict,
        reasons=report.sentences(),
        sha256=digest,
        size=size,
        versions=_clean(report.versions),
        inputs=tuple(_column(one) for one in report.inputs),
        outputs=tuple(_column(one) for one in report.outputs),
        columns=report.columns,
        details=_clean(report.details),
    )


def _column(column: Column) -> Column:
    return Column(
        _clean(column.name), _clean(column.dtype), column.shape, tuple(_clean(list(column.categories)))
    )


def _clean(value: Any) -> Any:
    """Values from a file as JSON and a page can hold them: printable texts, finite numbers."""
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int | float | None):
        return value
    return readable(str(value), 1000)
