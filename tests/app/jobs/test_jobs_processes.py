from __future__ import annotations

import os
import random
import signal
import time
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection

import pytest
import sqlalchemy as sa

from app.database import open_database
from app.scope import EVERYBODYS
from tests.app.jobs.examples import new_job, queue_of
from tests.app.jobs.processes import (
    claim_all,
    publish,
    publish_and_fail,
    started,
    take_and_stop,
    work,
)
from tests.app.jobs.verbs import OBJECTS, handed_over

OTHERS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


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


def kill_at_random_moments(url: str, moments: int, target: object = work) -> set[str]:
    """The ids of the jobs that killed processes said were done."""
    rng = random.Random(20261121)
    done: set[str] = set()
    for moment in range(moments):
        with started(target, url, f"w{moment}") as (process, pipe):
            done.add(pipe.recv())
            time.sleep(rng.uniform(0, 0.03))
            process.kill()
            process.join()
            done |= set(received(pipe))
    wait_until_alone(url)
    return done


def wait_until_alone(url: str) -> None:
    """PostgreSQL may still be at what a process asked of it that was killed since."""
    engine = open_database(url)
    while engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            if connection.scalar(sa.text(OTHERS)) == 0:
                break
        time.sleep(0.01)
    engine.dispose()


def received(pipe: Connection) -> list[str]:
    """All that is sent until the process ends."""
    ids = []
    with suppress(EOFError):
        while True:
            ids.append(pipe.recv())
    return ids


def test_killed_workers_lose_no_job_and_repeat_none_that_was_done(url: str) -> None:
    ids = submit(url, 400)
    said_done = kill_at_random_moments(url, 20)
    engine = open_database(url)
    queue = queue_of(engine, attempts=10_000)
    assert all(queue.get(job_id).state == "done" for job_id in said_done)
    queue.release_dead(lambda owner: False)
    done = {
        job.id for job in queue.page(whose=EVERYBODYS, state="done", limit=1000, cursor=None).jobs
    }
    with started(claim_all, url, "survivor") as (_, pipe):
        claimed = pipe.recv()
    assert len(claimed) == len(set(claimed)) == 400 - len(done)
    assert set(claimed) | done == ids
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_database_is_sound_after_its_writers_were_killed(url: str) -> None:
    submit(url, 400)
    kill_at_random_moments(url, 20)
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalars().all() == ["ok"]
    engine.dispose()


def hand_over(url: str, count: int) -> set[str]:
    """Leaves no open connection, as `submit`."""
    engine = open_database(url)
    queue = queue_of(engine)
    ids = {handed_over(queue).id for _ in range(count)}
    engine.dispose()
    return ids


def test_three_publishers_publish_each_of_90_jobs_once(url: str) -> None:
    ids = hand_over(url, 90)
    with ExitStack() as stack:
        pipes = [stack.enter_context(started(publish, url, f"p{n}"))[1] for n in range(3)]
        published = [job_id for pipe in pipes for job_id in received(pipe)]
    assert sorted(published) == sorted(ids)


def test_job_of_a_publisher_that_was_killed_is_published_once_by_another(url: str) -> None:
    ids = hand_over(url, 3)
    with started(take_and_stop, url, "killed") as (process, pipe):
        held = pipe.recv()
        process.kill()
        process.join()
    with started(publish, url, "other") as (_, pipe):
        assert set(received(pipe)) == ids - {held}
    engine = open_database(url)
    queue = queue_of(engine)
    assert queue.get(held).state == "publishing"
    assert queue.release_dead(lambda owner: owner != "killed") == 1
    assert queue.claim("w") is None
    engine.dispose()
    with started(publish, url, "other") as (_, pipe):
        assert received(pipe) == [held]


def test_publisher_that_was_stopped_and_wakes_changes_nothing(url: str) -> None:
    hand_over(url, 1)
    with started(take_and_stop, url, "stopped") as (process, pipe):
        job_id = pipe.recv()
        os.waitpid(process.pid or 0, os.WUNTRACED)
        engine = open_database(url)
        queue = queue_of(engine)
        queue.release_dead(lambda owner: owner != "stopped")
        claim = queue.claim_publication("other")
        assert claim is not None
        queue.finish(claim, OBJECTS)
        done = queue.get(job_id)
        os.kill(process.pid or 0, signal.SIGCONT)
        assert all(pipe.recv())
        assert queue.get(job_id) == done
        assert queue.removals_due() == []
        engine.dispose()


def test_publishers_killed_at_random_moments_lose_nothing_and_repeat_nothing(url: str) -> None:
    ids = hand_over(url, 150)
    said_done = kill_at_random_moments(url, 10, publish_and_fail)
    engine = open_database(url)
    queue = queue_of(engine)
    queue.release_dead(lambda owner: False)
    done = {
        job.id for job in queue.page(whose=EVERYBODYS, state="done", limit=1000, cursor=None).jobs
    }
    counts = queue.counts()
    assert said_done <= done
    assert (counts["done"], counts["publishing"]) == (len(done), 150 - len(done))
    engine.dispose()
    with started(publish, url, "survivor") as (_, pipe):
        assert sorted(received(pipe)) == sorted(ids - done)
