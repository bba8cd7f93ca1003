"""The chosen model as a part of the project's repository: its handler, its golden set, and the file where it is small."""

from services.config import Learning, ProjectConfig
from services.models import files, handler, records
from services.models.files import FileMissing
from services.models.records import ModelRecord
from services.runs import projects
from services.scaffold import Chosen, Tree, describe

LARGEST = 10_000_000  # bytes of a model file that is put into the repository


def tree_of(config: ProjectConfig, project_id: str | None) -> Tree:
    """The repository of a project with the model that was chosen last, where there is one and it fits."""
    record = records.current(project_id) if project_id else None
    return describe(config, chosen(record) if record else None)


def project_of(config: ProjectConfig) -> str | None:
    """The stored project that a project file speaks of: the applied one of its identity; None where there is none."""
    return next((p.id for p in projects.every() if p.applied == config.identity), None)


def left_out(config: ProjectConfig, project_id: str) -> str:
    """Why the chosen model is no part of the repository; "" when it is one, or when there is none."""
    record = records.current(project_id)
    return chosen(record).unfit(config[Learning].language) if record else ""


def chosen(record: ModelRecord) -> Chosen:
    """What the scaffold takes of a model."""
    current = handler.of_record(record)
    small = record.size <= LARGEST and _there(record.sha256)
    return Chosen(
        record.file_name, current.language, current.entry, dict(current.files), tuple(record.golden),
        (lambda: files.path_of(record.sha256).read_bytes()) if small else None,
    )  # fmt: skip


def _there(sha256: str) -> bool:
    try:
        return files.path_of(sha256).is_file()
    except FileMissing:
        return False
