"""Where one installation keeps its data, and which code it runs: every process must answer both alike."""

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import platformdirs

REPOSITORY = Path(__file__).resolve().parents[2]


class HomeError(Exception):
    """The data folder cannot be created or written; the message says what to do."""


def home() -> Path:
    """Return GROUNDPLAN_HOME (default: the user's data folder), created readable by its owner alone.

    Raises HomeError when it cannot be created or holds no more data.
    """
    named = os.environ.get("GROUNDPLAN_HOME")
    folder = Path(named).expanduser() if named else platformdirs.user_data_path("groundplan", appauthor=False)
    return _usable(folder.absolute())


def database_url() -> str:
    """Return the URL of Groundplan's own tables: GROUNDPLAN_DATABASE_URL, or a SQLite file at home."""
    return os.environ.get("GROUNDPLAN_DATABASE_URL") or f"sqlite:///{home() / 'groundplan.sqlite'}"


def engine_url() -> str:
    """Return the URL of the workflow engine's tables: beside ours on a server, else a SQLite file at home."""
    url = database_url()
    return f"sqlite:///{home() / 'dbos.sqlite'}" if url.startswith("sqlite") else url


def database_name() -> str:
    """Return the database's URL without its password, fit for a lock file, a log or a page."""
    parts = urlsplit(database_url())
    if not parts.password:
        return database_url()
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{place}"))


@cache
def code_version() -> str:
    """Return the version of the code that this process runs: `source_version` as it was at the first call."""
    return source_version()


def source_version() -> str:
    """Return a short hash over the services' sources and pinned packages as they lie on disk now."""
    digest = hashlib.sha256()
    for path in [*sorted((REPOSITORY / "services").rglob("*.py")), REPOSITORY / "requirements.txt"]:
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@cache
def _usable(folder: Path) -> Path:
    """Create the folder and write a probe into it, once in a process."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(4096))
    except OSError as error:
        raise HomeError(
            f"Groundplan cannot keep its data in {folder}: {error.strerror or error}. "
            "Free some space or mend its permissions, or name another folder in GROUNDPLAN_HOME."
        ) from error
    return folder
