"""Jobs that were sent together, found again by an id that nobody guesses."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command

from app.database import now, open_database, writing
from app.jobs import BatchNotFound, Job, JobQueue
from app.migrations import config_of, migrate
from app.records import row_of
from app.scope import EVERYBODYS, Scope
from app.tables import jobs
from tests.app.jobs.examples import new_job, queue_of


def batch_id(queue: JobQueue, **fields: object) -> str:
    found = queue.submit(new_job(**{"batch": "monday", **fields})).batch_id
    assert found
    return found


def test_jobs_of_one_sender_and_name_are_one_batch(queue: JobQueue) -> None:
    ids = [batch_id(queue), batch_id(queue)]
    assert ids[0] == ids[1]
    assert queue.batch(ids[0], whose=EVERYBODYS).counts["queued"] == 2


def test_two_senders_who_choose_the_same_name_have_two_batches(queue: JobQueue) -> None:
    hers, his = batch_id(queue, user="ada"), batch_id(queue, user="bob")
    assert queue.batch(hers, whose=Scope("ada")).counts["queued"] == 1
    for whose in (Scope("ada"), Scope("nobody")):
        with pytest.raises(BatchNotFound):
            queue.batch(his, whose=whose)
        assert queue.batch_page(his, whose=whose, limit=9, cursor=None).jobs == ()


def test_a_batchs_id_is_not_the_name_that_its_sender_chose(queue: JobQueue) -> None:
    assert len(batch_id(queue)) >= 22
    with pytest.raises(BatchNotFound):
        queue.batch("monday", whose=EVERYBODYS)


def test_a_job_that_was_sent_alone_has_no_batch(queue: JobQueue) -> None:
    assert queue.submit(new_job()).batch_id is None


def test_a_batch_lasts_as_long_as_one_of_its_jobs(queue: JobQueue) -> None:
    job = queue.submit(new_job(batch="monday"))
    queue.delete(job.id)
    with pytest.raises(BatchNotFound):
        queue.batch(job.batch_id or "", whose=EVERYBODYS)


def test_the_pages_of_a_batch_hold_each_job_once_as_they_were_sent(queue: JobQueue) -> None:
    sent = [queue.submit(new_job(batch="monday")) for _ in range(5)]
    queue.submit(new_job(batch="tuesday"))
    found: list[Job] = []
    cursor = None
    while True:
        page = queue.batch_page(sent[0].batch_id or "", whose=EVERYBODYS, limit=2, cursor=cursor)
        found += page.jobs
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == sent


def test_batches_of_earlier_versions_get_their_ids(empty_url: str) -> None:
    engine = open_database(empty_url)
    sent = [new_job(user=user, batch="old") for user in ("ada", "ada", "bob")]
    alone = new_job()
    with writing(engine) as connection:
        command.upgrade(config_of(connection), "0003")
        earlier = sa.Table("jobs", sa.MetaData(), autoload_with=connection)
        for new in (*sent, alone):
            row = row_of(new, batch_id=None, at=now(connection))
            known = {name: value for name, value in row.items() if name in earlier.c}
            connection.execute(sa.insert(jobs).values(known))
    migrate(empty_url)
    queue = queue_of(engine)
    ids = [queue.get(new.id).batch_id for new in sent]
    assert ids[0] == ids[1] != ids[2]
    assert all(ids)
    assert queue.get(alone.id).batch_id is None
    engine.dispose()
