"""DBOS as this house uses it: JSON instead of pickle, a write-ahead journal, one queue and one executor a target."""

from functools import cache
from pathlib import Path
from typing import Any

from services.processes import home
from services.runs.database import prepare_sqlite

# Raised by hand when the walk changes shape: runs of another version are left to workers of that version.
APPLICATION_VERSION = "1"
NAME = "groundplan"
QUEUE_POLL_S = 0.1
ANSWER = "answer"


def child_id(run_id: str, key: str) -> str:
    """The workflow ID of one resource of a run, to which answers are sent under the topic ANSWER."""
    return f"{run_id}.{key}"


def engine_config(executor_id: str) -> dict[str, Any]:
    """The configuration of a worker; `executor_id` must be its alone among all that share the database."""
    from dbos import DBOSPortableJSONSerializer

    url = home.engine_url()
    prepare(url)
    return {
        "name": NAME,
        "system_database_url": url,
        "executor_id": executor_id,
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": QUEUE_POLL_S,
    }


def client() -> Any:
    """A client for processes that only ask: the page and the command line. It never runs a step."""
    return _client(home.engine_url())


@cache
def _client(url: str) -> Any:
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    migrate(url)
    return DBOSClient(system_database_url=url, serializer=DBOSPortableJSONSerializer())


def migrate(url: str) -> None:
    """Set the journal mode and make the engine's tables: a client on an empty file finds none."""
    from dbos import run_dbos_database_migrations

    prepare(url)
    run_dbos_database_migrations(system_database_url=url)


def prepare(url: str) -> None:
    """Set the journal mode of a file before anybody opens it."""
    if url.startswith("sqlite"):
        prepare_sqlite(url)


def executor_id(target: str, folder: Path) -> str:
    """The target's name and an ID that this installation keeps: the same after a restart, another elsewhere."""
    import uuid

    file = folder / "executor-id"
    if not file.exists():
        file.write_text(uuid.uuid4().hex[:12])
    return f"{target}-{file.read_text().strip()}"
