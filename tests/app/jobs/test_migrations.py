from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.database import now, open_database, writing
from app.jobs import JobQueue, State
from app.migrations import config_of, migrate
from app.records import row_of
from app.tables import jobs, metadata
from cyclegan.errors import SettingsError
from tests.app.jobs.examples import new_job, queue_of
from tests.app.jobs.processes import started


def test_migrations_make_the_tables_of_the_code(empty_url: str) -> None:
    migrate(empty_url)
    engine = open_database(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_again_keeps_everything(url: str, queue: JobQueue) -> None:
    job = queue.submit(new_job())
    migrate(url)
    assert queue.get(job.id) == job


def migrate_and_submit(start: Barrier, url: str, owner: str, pipe: Connection) -> None:
    start.wait()
    migrate(url)
    engine = open_database(url)
    queue_of(engine).submit(new_job(user=owner))
    engine.dispose()
    pipe.send("migrated")


def test_processes_that_start_at_once_migrate_in_turns(empty_url: str) -> None:
    target = partial(migrate_and_submit, get_context("fork").Barrier(6))
    with ExitStack() as stack:
        entered = [stack.enter_context(started(target, empty_url, f"{n}")) for n in range(6)]
        assert [pipe.recv() for _, pipe in entered] == ["migrated"] * 6
    engine = open_database(empty_url)
    assert queue_of(engine).counts()["queued"] == 6
    engine.dispose()


def test_database_of_a_newer_version_is_refused(url: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="newer version"):
        migrate(url)


PATCHES = {"tiles_done": 3, "tiles_total": 4}
"""What the first version counted instead of progress."""


def put_row_of_the_first_version(connection: sa.Connection, state: State, owner: str) -> str:
    """A job as the first version would have left it; returns its id."""
    at, new = now(connection), new_job()
    held = {"owner": owner, "lease_until": at, "attempts": 1, "claims": 1, "started": at}
    row = row_of(new, batch_id=None, at=at) | held | {"state": state, "objects": [new.input_name]}
    del row["publish_tries"], row["progress"], row["batch_id"], row["file_mpp"], row["upload"]
    del row["verdicts"], row["project"]
    first = jobs.to_metadata(sa.MetaData())
    for name in PATCHES:
        first.append_column(sa.Column(name, sa.Integer))
    connection.execute(sa.insert(first).values(row | PATCHES))
    return new.id


@pytest.fixture
def of_first_version(empty_url: str) -> dict[State, str]:
    """The ids of the jobs in a database of the first version that was brought up to date."""
    engine = open_database(empty_url)
    with writing(engine) as connection:
        command.upgrade(config_of(connection), "0001")
        states: tuple[State, ...] = ("publishing", "done")
        ids = {state: put_row_of_the_first_version(connection, state, "gone") for state in states}
    engine.dispose()
    migrate(empty_url)
    return ids


def test_jobs_of_the_first_version_are_kept(
    empty_url: str, of_first_version: dict[State, str]
) -> None:
    engine = open_database(empty_url)
    job = queue_of(engine).get(of_first_version["done"])
    assert (job.state, job.objects) == ("done", ("input.png",))
    assert (job.publish_due, job.publish_tries, job.publish_code) == (None, 0, None)
    assert job.progress == 0.75
    engine.dispose()


def test_job_that_a_worker_of_the_first_version_was_publishing_is_done_again(
    empty_url: str, of_first_version: dict[State, str]
) -> None:
    engine = open_database(empty_url)
    queue = queue_of(engine)
    assert queue.claim_publication("p") is None
    assert queue.get(of_first_version["publishing"]).state == "queued"
    engine.dispose()


def test_folder_of_the_database_is_made(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/a b/100%/jobs.db")
    assert (tmp_path / "a b" / "100%" / "jobs.db").is_file()


def test_failed_migration_leaves_nothing_behind(empty_url: str) -> None:
    engine = open_database(empty_url)
    with engine.begin() as connection:  # in the way of the second table
        connection.execute(sa.text("CREATE TABLE turns (number INTEGER)"))
    with pytest.raises(sa.exc.DBAPIError, match="already exists"):
        migrate(empty_url)
    assert sa.inspect(engine).get_table_names() == ["turns"]
    engine.dispose()
