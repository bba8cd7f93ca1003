"""Opens the own database, migrated and in a journal mode that lets several processes write."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from services.processes import home

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_S = 30.0  # how long to wait for somebody else's lock


class DatabaseError(Exception):
    """The database can't be used; the message says which and what to do."""


def engine() -> sa.Engine:
    """The engine of the database that the environment names, migrated before its first use in this process."""
    return _engine(home.database_url())


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a database may answer (read-only, full, locked, corrupt, gone) into `DatabaseError`."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise DatabaseError(_explain(str(error.orig))) from error


@contextmanager
def reading() -> Iterator[sa.Connection]:
    """A transaction that only reads."""
    with explained(), engine().connect().execution_options(reads=True) as connection:
        yield connection


@contextmanager
def writing() -> Iterator[sa.Connection]:
    """A transaction that writes; it commits at the end of the block, or not at all."""
    with explained(), engine().begin() as connection:
        yield connection


def one_at_a_time(connection: sa.Connection, name: str) -> None:
    """Let nobody else be in a transaction under that name until this one ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})


@cache
def _engine(url: str) -> sa.Engine:
    if url.startswith("sqlite"):
        prepare_sqlite(url)
        made = sa.create_engine(url, connect_args={"timeout": PATIENCE_S})
        event.listen(made, "connect", _pragmas)
        event.listen(made, "begin", _begin)
    else:
        made = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)
    with explained():
        _migrate(made)
    return made


def prepare_sqlite(url: str) -> None:
    """Set the write-ahead journal, which is a property of the file and stays."""
    try:
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=PATIENCE_S) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
    except sqlite3.Error as error:
        raise DatabaseError(_explain(str(error))) from error


def _pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={PATIENCE_S * 1000:.0f}")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: sa.Connection) -> None:
    """Writers take the lock at once, so that none finds its snapshot stale; readers never wait."""
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine) -> None:
    """Bring the tables to this release; a database of a newer release is refused."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261123)")
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise DatabaseError(
                f"The database {home.database_name()} was written by a newer Groundplan. "
                "Update, or use another GROUNDPLAN_HOME."
            ) from error


def _explain(cause: str) -> str:
    where = home.database_name()
    for sign, advice in _ADVICE.items():
        if sign in cause.lower():
            return f"The database {where} {advice}"
    return f"The database {where} answers: {cause}"


_ADVICE = {
    "disk is full": "can't be written: the disk is full. Free some space; nothing that was saved is lost.",
    "disk i/o error": "can't be read or written: the disk answers with an error, or has no space for files of that size.",
    "readonly": "can't be written: it is read-only. Mend its permissions, or name another folder in GROUNDPLAN_HOME.",
    "read-only": "can't be written: it is read-only. Mend its permissions, or name another folder in GROUNDPLAN_HOME.",
    "locked": "is locked by another program. Close what holds it, then try again.",
    "malformed": "is damaged. Move it away and start again, or restore it from a copy.",
    "not a database": "is not a database. Move it away and start again, or restore it from a copy.",
    "unable to open": "can't be opened. Check that the folder exists and belongs to you.",
}
