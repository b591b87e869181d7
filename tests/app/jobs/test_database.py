from __future__ import annotations

import errno
import socket
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from app.database import DatabaseUnavailable, UtcDateTime, now, open_database, reading, writing
from app.jobs import JobQueue
from cyclegan.errors import SettingsError
from tests.app.jobs.examples import new_job

sqlite_only = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)

TIMES = sa.Table("times", sa.MetaData(), sa.Column("time", UtcDateTime))


def pragma(engine: sa.Engine, name: str) -> object:
    with engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


@sqlite_only
@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
def test_sqlite_is_set_up_to_be_durable(engine: sa.Engine, name: str, value: object) -> None:
    assert pragma(engine, name) == value


@sqlite_only
def test_writer_in_sqlite_waits_for_another_before_it_reads(engine: sa.Engine) -> None:
    fail_fast(engine)
    with writing(engine), pytest.raises(DatabaseUnavailable), writing(engine):
        pass


@sqlite_only
def test_reader_in_sqlite_does_not_wait_for_a_writer(engine: sa.Engine, queue: JobQueue) -> None:
    fail_fast(engine)
    job = queue.submit(new_job())
    with writing(engine):
        assert queue.get(job.id) == job


def test_transaction_with_an_error_changes_nothing(engine: sa.Engine) -> None:
    TIMES.create(engine)
    with suppress(ZeroDivisionError), writing(engine) as connection:
        connection.execute(sa.insert(TIMES).values(time=datetime.now(UTC)))
        raise ZeroDivisionError
    with reading(engine) as connection:
        assert connection.execute(sa.select(TIMES)).all() == []


def test_times_keep_microseconds_order_and_zone(engine: sa.Engine) -> None:
    TIMES.create(engine)
    whole = datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC)
    times = [whole - timedelta(microseconds=1), whole, whole + timedelta(microseconds=1)]
    elsewhere = timezone(timedelta(hours=-7))
    with writing(engine) as connection:
        for time in reversed(times):
            connection.execute(sa.insert(TIMES).values(time=time.astimezone(elsewhere)))
        kept = connection.scalars(sa.select(TIMES.c.time).order_by(TIMES.c.time)).all()
        later = connection.scalars(sa.select(TIMES.c.time).where(TIMES.c.time > whole)).all()
    assert kept == times
    assert {time.tzinfo for time in kept} == {UTC}
    assert later == times[2:]


def test_time_without_zone_is_refused(engine: sa.Engine) -> None:
    TIMES.create(engine)
    with pytest.raises(sa.exc.StatementError, match="no time zone"), writing(engine) as connection:
        connection.execute(sa.insert(TIMES).values(time=datetime(2026, 11, 1)))


def test_clock_goes_on_within_a_transaction(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        first, second = now(connection), now(connection)
    assert first.tzinfo is UTC
    assert first < second


def fail_fast(engine: sa.Engine) -> None:
    """Give up a locked database at once."""
    engine.dispose()

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 1")

    sa.event.listen(engine, "connect", prepare)


@sqlite_only
def test_full_disk_is_an_os_error_and_passes(engine: sa.Engine, queue: JobQueue) -> None:
    job = queue.submit(new_job())
    pages = [pragma(engine, "page_count")]

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages[-1]}")

    engine.dispose()
    sa.event.listen(engine, "connect", limit)
    with pytest.raises(OSError, match="full") as full:
        queue.submit(new_job(name="x" * 100_000))
    assert full.value.errno == errno.ENOSPC
    assert queue.get(job.id) == job
    pages.append(10_000)
    engine.dispose()
    assert queue.submit(new_job(name="x" * 100_000)).state == "queued"


@postgresql_only
def test_full_disk_of_the_server_is_an_os_error(engine: sa.Engine) -> None:
    raise_it = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$"
    with pytest.raises(OSError, match="full") as full, writing(engine) as connection:
        connection.exec_driver_sql(raise_it)
    assert full.value.errno == errno.ENOSPC


@postgresql_only
def test_connection_that_the_server_closed_is_replaced(engine: sa.Engine, queue: JobQueue) -> None:
    job = queue.submit(new_job())
    cut_off(engine)
    assert queue.get(job.id) == job


@postgresql_only
def test_connection_lost_in_a_transaction_is_unavailable(engine: sa.Engine) -> None:
    with pytest.raises(DatabaseUnavailable):
        lose_connection(engine)


def lose_connection(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        cut_off(engine)
        now(connection)


def cut_off(engine: sa.Engine) -> None:
    """Let the server close all connections but the one that asks for it."""
    other = open_database(engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.dispose()


def test_server_that_is_away_is_unavailable() -> None:
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        engine = open_database(f"postgresql://u:secret@127.0.0.1:{taken.getsockname()[1]}/x")
        with pytest.raises(DatabaseUnavailable), reading(engine):
            pass


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_any_postgresql_url_uses_our_driver(scheme: str) -> None:
    assert open_database(f"{scheme}://u@h/d").dialect.driver == "psycopg"


@pytest.mark.parametrize(
    "url",
    ["", "jobs.db", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "a://secret:x"],
)
def test_url_that_cannot_be_used_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match="database_url") as refused:
        open_database(url)
    assert "secret" not in str(refused.value)
