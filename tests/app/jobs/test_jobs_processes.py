from __future__ import annotations

import random
import time
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection

import pytest
import sqlalchemy as sa

from app.database import open_database
from tests.app.jobs.examples import new_job, queue_of
from tests.app.jobs.processes import claim_all, started, work


def submit(url: str, count: int) -> set[str]:
    """Leaves no open connection: the processes are forked from this one."""
    engine = open_database(url)
    queue = queue_of(engine)
    ids = {queue.submit(new_job(user=f"user{n % 3}")).id for n in range(count)}
    engine.dispose()
    return ids


def test_four_processes_claim_each_of_300_jobs_once(url: str) -> None:
    ids = submit(url, 300)
    with ExitStack() as stack:
        pipes = [stack.enter_context(started(claim_all, url, f"w{n}"))[1] for n in range(4)]
        claimed = [job_id for pipe in pipes for job_id in pipe.recv()]
    assert len(claimed) == 300
    assert set(claimed) == ids


def kill_at_random_moments(url: str, moments: int) -> set[str]:
    """The ids of the jobs that killed workers said were done."""
    rng = random.Random(20261121)
    done: set[str] = set()
    for moment in range(moments):
        with started(work, url, f"w{moment}") as (process, pipe):
            done.add(pipe.recv())
            time.sleep(rng.uniform(0, 0.03))
            process.kill()
            process.join()
            done |= drained(pipe)
    return done


def drained(pipe: Connection) -> set[str]:
    ids = set()
    with suppress(EOFError):
        while True:
            ids.add(pipe.recv())
    return ids


def test_killed_workers_lose_no_job_and_repeat_none_that_was_done(url: str) -> None:
    ids = submit(url, 400)
    said_done = kill_at_random_moments(url, 20)
    engine = open_database(url)
    queue = queue_of(engine, attempts=10_000)
    assert all(queue.get(job_id).state == "done" for job_id in said_done)
    queue.release_dead(lambda owner: False)
    done = {job.id for job in queue.page(user=None, state="done", limit=1000, cursor=None).jobs}
    with started(claim_all, url, "survivor") as (_, pipe):
        claimed = pipe.recv()
    assert len(claimed) == len(set(claimed)) == 400 - len(done)
    assert set(claimed) | done == ids
    engine.dispose()


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_database_is_sound_after_its_writers_were_killed(url: str) -> None:
    submit(url, 400)
    kill_at_random_moments(url, 20)
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalars().all() == ["ok"]
    engine.dispose()
