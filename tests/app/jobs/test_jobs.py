from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.job import STATES, State
from app.jobs import (
    BadCursor,
    IdempotencyConflict,
    Job,
    JobNotFound,
    JobQueue,
    NewJob,
    QueueFull,
)
from app.refusals import UploadNotFound
from app.scope import EVERYBODYS, Scope
from app.transfers import Transfers
from tests.app.jobs.examples import new_job, queue_of


def submitted(queue: JobQueue, count: int) -> list[Job]:
    return [queue.submit(new_job()) for _ in range(count)]


def test_job_keeps_all_that_was_submitted(queue: JobQueue) -> None:
    new = new_job(name="尿 'β' \"x\".tif", batch="b", mpp=None, idempotency_key="k")
    queue.submit(new)
    kept, given = asdict(queue.get(new.id)), asdict(new)
    del given["upload"]  # which the job has taken the place of
    assert {name: kept[name] for name in given} == given


def test_submitted_job_is_queued_and_untouched(queue: JobQueue) -> None:
    job = queue.submit(new_job())
    assert (job.state, job.attempts, job.progress) == ("queued", 0, 0)
    assert (job.started, job.finished, job.error_code, job.provenance) == (None,) * 4
    assert job.objects == ()


def test_an_upload_that_nobody_can_have_begun_is_not_there(
    queue: JobQueue, engine: sa.Engine, tmp_path: Path
) -> None:
    transfers = Transfers(engine, tmp_path, days=1, max_user_bytes=None)
    with pytest.raises(UploadNotFound):
        transfers.get("a\0b", whose=EVERYBODYS)
    assert queue.of_upload("a\0b", whose=EVERYBODYS) is None


def test_times_are_aware_and_in_utc(queue: JobQueue) -> None:
    created = queue.submit(new_job()).created
    assert created.tzinfo is UTC
    assert abs(created - datetime.now(UTC)) < timedelta(minutes=1)


def test_key_is_month_token_and_name(queue: JobQueue) -> None:
    job = queue.submit(new_job(token="t0ken", month="2026-02"))  # noqa: S106
    assert job.key("result.tif") == "2026-02/t0ken/result.tif"


def test_job_is_found_by_its_token(queue: JobQueue) -> None:
    job, _ = submitted(queue, 2)
    assert queue.by_token(job.token) == job


@pytest.mark.parametrize(
    "unknown", ["nobody", "", "a\0b", "../x", "ä" * 22, "a" * 10_000, "' OR 1"]
)
def test_unknown_id_is_not_found(queue: JobQueue, unknown: str) -> None:
    verbs = (queue.get, queue.by_token, queue.position, queue.cancel, queue.delete)
    for verb in verbs:
        with pytest.raises(JobNotFound):
            verb(unknown)


def test_same_key_returns_the_first_job(queue: JobQueue) -> None:
    first = queue.submit(new_job(idempotency_key="k"))
    assert queue.submit(new_job(idempotency_key="k")) == first


def test_same_key_of_another_user_is_another_job(queue: JobQueue) -> None:
    first = queue.submit(new_job(idempotency_key="k"))
    assert queue.submit(new_job(idempotency_key="k", user="bob")).id != first.id


@pytest.mark.parametrize("change", [{"model": "other"}, {"input_sha256": "cd" * 32}])
def test_same_key_for_something_else_is_a_conflict(queue: JobQueue, change: dict[str, str]) -> None:
    queue.submit(new_job(idempotency_key="k"))
    with pytest.raises(IdempotencyConflict, match="new key"):
        queue.submit(new_job(idempotency_key="k", **change))


def at_once(queue: JobQueue, jobs: list[NewJob]) -> list[Job | QueueFull]:
    barrier = threading.Barrier(len(jobs))

    def submit(new: NewJob) -> Job | QueueFull:
        barrier.wait()
        try:
            return queue.submit(new)
        except QueueFull as full:
            return full

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(submit, jobs))


def test_same_key_ten_times_at_once_is_one_job(queue: JobQueue) -> None:
    answers = at_once(queue, [new_job(idempotency_key="k") for _ in range(10)])
    assert len({job.id for job in answers if isinstance(job, Job)}) == 1
    assert queue.counts()["queued"] == 1


def test_limit_holds_to_the_job_when_many_come_at_once(engine: sa.Engine) -> None:
    queue = queue_of(engine, max_queued_per_user=4)
    answers = at_once(queue, [new_job() for _ in range(10)])
    assert sum(isinstance(answer, Job) for answer in answers) == 4


def test_queue_of_a_user_is_limited(engine: sa.Engine) -> None:
    queue = queue_of(engine, max_queued_per_user=2)
    submitted(queue, 2)
    with pytest.raises(QueueFull) as full:
        queue.submit(new_job())
    assert (full.value.whose, full.value.limit) == ("user", 2)
    assert full.value.retry_after_s > 0
    assert queue.submit(new_job(user="bob")).state == "queued"


def test_queue_of_all_is_limited(engine: sa.Engine) -> None:
    queue = queue_of(engine, max_queued=2)
    submitted(queue, 2)
    with pytest.raises(QueueFull) as full:
        queue.submit(new_job(user="bob"))
    assert (full.value.whose, full.value.limit) == ("all", 2)


def test_running_jobs_leave_room_for_others(engine: sa.Engine) -> None:
    queue = queue_of(engine, max_queued_per_user=1)
    submitted(queue, 1)
    queue.claim("w")
    assert queue.submit(new_job()).state == "queued"


def test_repeated_request_is_answered_when_the_queue_is_full(engine: sa.Engine) -> None:
    queue = queue_of(engine, max_queued_per_user=1)
    first = queue.submit(new_job(idempotency_key="k"))
    assert queue.submit(new_job(idempotency_key="k")).id == first.id


def pages(queue: JobQueue, *, limit: int, user: str | None = None) -> list[tuple[Job, ...]]:
    page = queue.page(whose=Scope(user), state=None, limit=limit, cursor=None)
    found = [page.jobs]
    while page.next_cursor is not None:
        page = queue.page(whose=Scope(user), state=None, limit=limit, cursor=page.next_cursor)
        found.append(page.jobs)
    return found


def test_pages_hold_every_job_once_newest_first(queue: JobQueue) -> None:
    jobs = submitted(queue, 7)
    found = pages(queue, limit=3)
    assert [len(page) for page in found] == [3, 3, 1]
    assert [job for page in found for job in page] == jobs[::-1]


def test_last_page_that_is_full_has_no_next(queue: JobQueue) -> None:
    submitted(queue, 6)
    assert [len(page) for page in pages(queue, limit=3)] == [3, 3]


def test_empty_list_is_one_empty_page(queue: JobQueue) -> None:
    assert pages(queue, limit=3) == [()]


def test_cursor_stays_in_place_when_jobs_come_and_go(queue: JobQueue) -> None:
    jobs = submitted(queue, 4)
    first = queue.page(whose=EVERYBODYS, state=None, limit=2, cursor=None)
    submitted(queue, 3)
    queue.delete(jobs[2].id)  # the one that the cursor points at
    second = queue.page(whose=EVERYBODYS, state=None, limit=2, cursor=first.next_cursor)
    assert second.jobs == (jobs[1], jobs[0])


def test_page_shows_only_the_users_own(queue: JobQueue) -> None:
    submitted(queue, 2)
    own = queue.submit(new_job(user="bob"))
    assert pages(queue, limit=5, user="bob") == [(own,)]


def test_page_shows_only_the_state(queue: JobQueue) -> None:
    waiting, cancelled = submitted(queue, 2)
    queue.cancel(cancelled.id)
    shown = queue.page(whose=EVERYBODYS, state="queued", limit=5, cursor=None)
    assert shown.jobs == (waiting,)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "٣", "9" * 30, "1\n", "1 OR 1"])
def test_foreign_cursor_is_refused(queue: JobQueue, cursor: str) -> None:
    with pytest.raises(BadCursor):
        queue.page(whose=EVERYBODYS, state=None, limit=1, cursor=cursor)


def test_position_counts_from_the_next_one(queue: JobQueue) -> None:
    jobs = submitted(queue, 3)
    assert [queue.position(job.id) for job in jobs] == [1, 2, 3]


def test_position_foretells_the_order_of_claims(queue: JobQueue) -> None:
    jobs = [
        queue.submit(new_job(user=user, batch=batch))
        for user, batch in [
            ("a", "x"),
            ("a", "x"),
            ("b", None),
            ("a", None),
            ("c", "y"),
            ("b", "z"),
        ]
    ]
    queue.claim("w")
    foretold = {queue.position(job.id): job.id for job in jobs}
    for place in range(1, 6):
        claim = queue.claim("w")
        assert claim is not None
        assert claim.job.id == foretold[place]


def test_job_that_does_not_wait_has_no_position(queue: JobQueue) -> None:
    running, cancelled = submitted(queue, 2)
    queue.claim("w")
    queue.cancel(cancelled.id)
    assert queue.position(running.id) is None
    assert queue.position(cancelled.id) is None


def test_counts_name_every_state(queue: JobQueue) -> None:
    submitted(queue, 3)
    queue.claim("w")
    expected: dict[State, int] = dict.fromkeys(STATES, 0) | {"queued": 2, "running": 1}
    assert queue.counts() == expected


def test_oldest_queued_has_an_age_only_while_one_waits(queue: JobQueue) -> None:
    assert queue.oldest_queued_s() is None
    submitted(queue, 1)
    age = queue.oldest_queued_s()
    assert age is not None
    assert 0 <= age < 60
    queue.claim("w")
    assert queue.oldest_queued_s() is None


def test_tokens_are_those_of_all_jobs(queue: JobQueue) -> None:
    jobs = submitted(queue, 3)
    queue.delete(jobs[0].id)
    assert queue.tokens() == {job.token for job in jobs[1:]}


def test_deleted_job_is_returned_and_gone(queue: JobQueue) -> None:
    (job,) = submitted(queue, 1)
    assert queue.delete(job.id) == job
    with pytest.raises(JobNotFound):
        queue.get(job.id)


def test_worker_is_seen_with_its_latest_device(queue: JobQueue) -> None:
    queue.see_worker("w", "cpu")
    queue.see_worker("w", "cuda")
    (worker,) = queue.workers(60)
    assert (worker.owner, worker.device) == ("w", "cuda")


def test_worker_not_seen_lately_is_left_out(queue: JobQueue) -> None:
    queue.see_worker("w", "cpu")
    assert queue.workers(-1) == []


def test_worker_that_left_is_forgotten(queue: JobQueue) -> None:
    queue.see_worker("v", "cpu")
    queue.see_worker("w", "cpu")
    queue.forget_worker("v")
    queue.forget_worker("nobody")
    assert [worker.owner for worker in queue.workers(60)] == ["w"]
