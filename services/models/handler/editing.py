"""Changes of a handler's files as they are kept: one file at a time, and never over what another tab has written."""

from collections.abc import Callable, Mapping

from services.models import records
from services.models.handler.checking import name_problem
from services.models.handler.generating import generate, of_record
from services.models.records import ModelChanged, ModelRecord

_TRIES = 5
Files = Mapping[str, str]


class FileChanged(Exception):
    """Another tab has written the file meanwhile; `theirs` is what stands there now, nothing was written."""

    def __init__(self, name: str, theirs: str | None) -> None:
        super().__init__(f"{name} was changed in another tab meanwhile; nothing was written.")
        self.name, self.theirs = name, theirs


class NameRefused(ValueError):
    """A file can't have this name; the message says why."""


def write(id: str, name: str, text: str, *, base: str | None, by: str = "") -> ModelRecord:
    """Keep a file's text. `base` is what the writer began with; `FileChanged` when that is no longer what stands there.

    A text that equals the generated one is no edit. None as `base` writes over whatever is there.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")

    def changed(record: ModelRecord) -> Files:
        current = of_record(record).files.get(name)
        if base is not None and current not in (base, plain):
            raise FileChanged(name, current)
        return {**record.files, name: plain}

    return _change(id, changed, by)


def add(id: str, name: str, by: str = "") -> ModelRecord:
    """Begin a further file, such as helpers.py, which score.py can import."""
    wrong = name_problem(name)
    if wrong:
        raise NameRefused(f"{wrong.message}{f' Try {wrong.suggestion}.' if wrong.suggestion else ''}")

    def changed(record: ModelRecord) -> Files:
        if name in of_record(record).files:
            raise NameRefused(f"There is a file {name} already.")
        return {**record.files, name: _beginning(name)}

    return _change(id, changed, by)


def restore(id: str, name: str | None = None, by: str = "") -> ModelRecord:
    """Go back to the generated file, or to the whole generated handler; a file of the user's own goes with it."""
    return _change(id, lambda record: {n: t for n, t in record.files.items() if name not in (n, None)}, by)


def edited(record: ModelRecord) -> tuple[str, ...]:
    """Names of the files that the user has changed or added."""
    return tuple(sorted(record.files))


def own(record: ModelRecord) -> tuple[str, ...]:
    """Names of the files that the user has added."""
    return tuple(sorted(record.files.keys() - generate(record.intake, record.file_name).files.keys()))


def _change(id: str, changed: Callable[[ModelRecord], Files], by: str) -> ModelRecord:
    """Write; a change of anything else of the model meanwhile is no conflict."""
    for _ in range(_TRIES):
        record = records.get(id)
        generated = generate(record.intake, record.file_name).files
        files = {name: text for name, text in changed(record).items() if generated.get(name) != text}
        if files == dict(record.files):
            return record
        try:
            return records.set_files(id, files, seen=record.version, by=by)
        except ModelChanged:
            continue
    raise ModelChanged("This model is being changed by somebody else all the time; nothing was written.")


def _beginning(name: str) -> str:
    return (
        '"""What score.py shares with nobody else: import it there by its name."""\n'
        if name.endswith(".py")
        else "\n"
    )
