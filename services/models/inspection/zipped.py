"""Zip archives by what lies in them: torch, skops, Keras, MLflow, NumPy; members nobody accounts for are inspected too."""

from collections.abc import Callable

from services.models.inspection import keras_files, mlflow_files, numpy_files, skops_files, torch_files
from services.models.inspection.archives import Archive, Member
from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.streams import Stream

Nested = Callable[[Stream, Report, str], Report]
Claimed = set[str]


def read_zip(archive: Archive, report: Report, nested: Nested) -> None:
    """Inspect an archive: the reader of its format claims members, the rest is looked at like any file."""
    names = set(archive.names)
    if mlflow_files.description(archive):
        claimed = mlflow_files.read(archive, report, nested)
    elif archive.find("data.pkl") or archive.find("archive_format"):
        claimed = torch_files.read(archive, report, nested)
    elif "schema.json" in names:
        claimed = skops_files.read(archive, report)
    elif "config.json" in names and ("metadata.json" in names or "model.weights.h5" in names):
        claimed = keras_files.read(archive, report)
    elif names and all(name.endswith(".npy") for name in names):
        claimed = _npz(archive, report)
    else:
        report.unknown("It is a zip archive of no kind that is known here.")
        claimed = set()
    for member in archive.members:
        if member.name not in claimed:
            look_at(archive, member, report, nested)


def look_at(archive: Archive, member: Member, report: Report, nested: Nested) -> None:
    """Inspect a member that no format accounts for."""
    if member.name.endswith("/") and not member.size:
        return
    report.budget.member(0)
    try:
        nested(archive.open(member), report, member.name)
    except Broken as broken:
        report.unknown(f"{readable(member.name, 80)} cannot be read: {broken}.")


def _npz(archive: Archive, report: Report) -> Claimed:
    report.is_a("numpy", "other")
    for member in archive.members:
        numpy_files.read(archive.open(member), report)
    report.unknown("They are arrays, no model; a handler of your own would have to use them.")
    return set(archive.names)
