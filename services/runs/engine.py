"""DBOS as this house uses it: JSON instead of pickle, a write-ahead journal, one queue and one executor a target."""

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

    return {
        "name": NAME,
        "system_database_url": prepared_url(),
        "executor_id": executor_id,
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": QUEUE_POLL_S,
    }


def client() -> Any:
    """A client for processes that only ask: the page and the command line. It never runs a step."""
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    url = migrated_url()
    return DBOSClient(system_database_url=url, serializer=DBOSPortableJSONSerializer())


def prepared_url() -> str:
    """The engine's database, with its journal mode set before anybody opens it."""
    url = home.engine_url()
    if url.startswith("sqlite"):
        prepare_sqlite(url)
        return url
    return url


def migrated_url() -> str:
    """The engine's database with its tables there: a client on an empty file finds no table."""
    from dbos import run_dbos_database_migrations

    url = prepared_url()
    run_dbos_database_migrations(system_database_url=url)
    return url


def executor_id(target: str, folder: Path) -> str:
    """The target's name and an ID that this installation keeps: the same after a restart, another elsewhere."""
    import uuid

    file = folder / "executor-id"
    if not file.exists():
        file.write_text(uuid.uuid4().hex[:12])
    return f"{target}-{file.read_text().strip()}"
