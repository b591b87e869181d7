"""Opening the database: SQLite by default, PostgreSQL by URL, with the same promises on both.

Everything that differs between the two is here: how a transaction for writing begins, whose clock
counts, and which of their errors mean a full disk or a database that cannot be had now.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from cyclegan.errors import SettingsError

BUSY_TIMEOUT_S = 10.0
"""How long a write waits for another one before it is given up."""
DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}
"""No space left; none for the shared index of a first connection; over a quota or size limit."""
READING: dict[str, dict[str, Any]] = {
    "sqlite": {"colormapper_reading": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""What a connection is told before a transaction that only reads."""


class DatabaseUnavailable(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The database cannot be used now: locked for too long, or its server is away (503)."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime.

    SQLite has no such type: there it is text of fixed length down to the microsecond, whose
    alphabetical order is that of time.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """In UTC; without its zone on SQLite, where it would be dropped anyway."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; give an aware datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Aware, in UTC, whatever the session's zone is."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def open_database(url: str) -> sa.Engine:
    """An engine for the URL; each process opens its own. Raises SettingsError on a bad URL.

    Statements raise OSError (ENOSPC) on a full disk, and DatabaseUnavailable.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        # Threads are bounded by the web server; each may have its connection to the file.
        engine = sa.create_engine(
            parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=8, max_overflow=-1
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = sa.create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    sa.event.listen(engine, "handle_error", _translate)
    return engine


def parse_url(url: str) -> sa.URL:
    """The URL with our driver for its database; raises SettingsError that shows no password."""
    try:
        parsed = sa.make_url(url)
        drivername = DRIVERS[parsed.get_backend_name()]
    except (sa.exc.ArgumentError, KeyError, ValueError) as error:
        raise SettingsError(
            "database_url is not one that can be used; wanted: sqlite:////folder/file.db or "
            "postgresql://user:password@host/name"
        ) from error
    if drivername == DRIVERS["sqlite"] and parsed.database in {None, "", ":memory:"}:
        raise SettingsError(
            "database_url names no file; web process and worker share one: sqlite:////folder/file.db"
        )
    return parsed.set(drivername=drivername)


def writing(engine: sa.Engine) -> AbstractContextManager[sa.Connection]:
    """A transaction for writing: committed at the end, rolled back on any error.

    SQLite takes the write lock at its beginning. A transaction that reads first and writes later
    would fail at once when another has written in between, however long it is willing to wait.
    """
    return engine.begin()


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads, never waits for those who write, and sees one moment."""
    with engine.connect() as connection:
        connection.execution_options(**READING[engine.dialect.name])
        with connection.begin():
            yield connection


def now(connection: sa.Connection) -> datetime:
    """The one clock of the database, UTC: its server's, or this machine's for SQLite.

    Leases of several hosts would depend on how well their own clocks agree.
    """
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    server: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return server.astimezone(UTC)


def lock(connection: sa.Connection, number: int) -> None:
    """Let one transaction at a time go on from here; in SQLite writers take turns anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Python's module would begin transactions by itself, late and without the write lock.
    connection.isolation_level = None
    _write_ahead(connection)
    # NORMAL may lose the last commits when power fails.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL; one that is switched stays so.

    Of processes that switch at the same moment SQLite may refuse some without waiting.
    """
    end = time.monotonic() + BUSY_TIMEOUT_S
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_unavailable(error) or time.monotonic() > end:
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: sa.Connection) -> None:
    is_reading = connection.get_execution_options().get("colormapper_reading", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _translate(context: sa.engine.ExceptionContext) -> Exception | None:
    """What is raised instead; returned, so that SQLAlchemy tidies up the connection first."""
    error = context.original_exception
    if context.is_pre_ping:
        # The pool only asks whether the connection still lives, and takes another if not.
        return None
    if _is_full(error):
        return OSError(errno.ENOSPC, "the disk of the database is full")
    if _is_unavailable(error) or context.is_disconnect:
        return DatabaseUnavailable("the database is busy or away; try again in a moment")
    return None


def _is_full(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode in FULL
    return isinstance(error, psycopg.errors.DiskFull)


def _is_unavailable(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        # The low byte is the error, the rest its kind.
        return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    # psycopg's errors of the connection are this very class, those of statements are subclasses.
    return type(error) is psycopg.OperationalError
