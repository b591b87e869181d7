from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.jobs import BadCursor, Job, JobNotFound, JobQueue
from app.review import Opinion
from app.reviews import NothingToReview, ReviewConflict, ReviewLog, ReviewState
from app.scope import EVERYBODYS, Scope
from tests.app.jobs.examples import new_job

ACCEPT = Opinion(verdict="accept", reason="blurred", note="a\nb", tissue="kidney")
REJECT = Opinion.model_validate({
    "verdict": "reject",
    "regions": [
        {"shape": {"kind": "rectangle", "y": 1, "x": 2, "height": 3, "width": 4.5}},
        {
            "shape": {"kind": "polygon", "points": [{"y": i, "x": i * i} for i in range(4)]},
            "label": "seams",
        },
    ],
})  # fmt: skip
TAKEN_BACK = Opinion()


@pytest.fixture
def log(engine: sa.Engine) -> ReviewLog:
    return ReviewLog(engine)


def done(queue: JobQueue, count: int = 1, user: str = "ada") -> list[Job]:
    """Jobs that have a result."""
    jobs = [queue.submit(new_job(user=user)) for _ in range(count)]
    while claim := queue.claim("w"):
        queue.publishing(claim, {})
        queue.finish(claim, ("result.tif",))
    return jobs


def say(log: ReviewLog, job: Job, *opinions: Opinion) -> None:
    after = len(log.history(job.id))
    for number, opinion in enumerate(opinions, start=after):
        log.add(job.id, opinion, after=number, reviewer="ada")


def in_state(log: ReviewLog, state: ReviewState, whose: Scope = EVERYBODYS) -> list[str]:
    return [found.job.id for found in log.all(whose=whose, state=state)]


def test_history_keeps_everything_that_was_said_and_who_said_it(
    queue: JobQueue, log: ReviewLog
) -> None:
    (job,) = done(queue)
    log.add(job.id, ACCEPT, after=0, reviewer="ada")
    log.add(job.id, REJECT, after=1, reviewer="bob")
    latest, first = log.history(job.id)
    assert (latest.version, latest.reviewer, first.version, first.reviewer) == (2, "bob", 1, "ada")
    assert first.stored() | ACCEPT.stored() == first.stored()
    assert latest.regions == REJECT.regions
    assert latest.created >= first.created


def test_latest_verdict_decides_in_which_list_a_result_is(queue: JobQueue, log: ReviewLog) -> None:
    new, accepted, turned, withdrawn = done(queue, 4)
    say(log, accepted, ACCEPT)
    say(log, turned, ACCEPT, REJECT)
    say(log, withdrawn, REJECT, TAKEN_BACK)
    assert in_state(log, "unreviewed") == [new.id, withdrawn.id]
    assert in_state(log, "reviewed") == [accepted.id, turned.id]
    assert in_state(log, "accepted") == [accepted.id]
    assert in_state(log, "rejected") == [turned.id]
    assert in_state(log, "unsure") == []


def test_only_one_of_two_who_saw_the_same_is_written_down(queue: JobQueue, log: ReviewLog) -> None:
    (job,) = done(queue)
    log.add(job.id, ACCEPT, after=0, reviewer="ada")
    with pytest.raises(ReviewConflict, match="version 1 says 'accept' by now") as caught:
        log.add(job.id, REJECT, after=0, reviewer="bob")
    assert "send yours with version 1" in str(caught.value)
    with pytest.raises(ReviewConflict, match="follows on version 7"):
        log.add(job.id, REJECT, after=7, reviewer="bob")
    assert [review.reviewer for review in log.history(job.id)] == ["ada"]


def test_of_many_at_once_one_wins_and_none_is_lost_unsaid(queue: JobQueue, log: ReviewLog) -> None:
    (job,) = done(queue)

    def review(number: int) -> bool:
        try:
            log.add(job.id, ACCEPT, after=0, reviewer=f"{number}")
        except ReviewConflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(review, range(16))) == [False] * 15 + [True]
    assert len(log.history(job.id)) == 1


def test_pages_follow_each_other_though_what_was_seen_leaves_the_list(
    queue: JobQueue, log: ReviewLog
) -> None:
    jobs = [job.id for job in done(queue, 5)]
    seen, cursor = [], None
    while True:
        page = log.page(whose=EVERYBODYS, state="unreviewed", limit=2, cursor=cursor)
        for item in page.items:
            seen.append(item.job.id)
            say(log, item.job, ACCEPT)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == jobs
    assert log.page(whose=EVERYBODYS, state="accepted", limit=2, cursor=None).total == 5


def test_list_is_of_one_user_or_of_all(queue: JobQueue, log: ReviewLog) -> None:
    (hers,), (his,) = done(queue, user="ada"), done(queue, user="bob")
    assert in_state(log, "unreviewed", Scope("ada")) == [hers.id]
    assert in_state(log, "unreviewed") == [hers.id, his.id]


def test_what_has_no_result_is_neither_listed_nor_reviewed(queue: JobQueue, log: ReviewLog) -> None:
    job = queue.submit(new_job())
    assert in_state(log, "unreviewed") == []
    with pytest.raises(NothingToReview, match="is queued and has no result"):
        log.add(job.id, ACCEPT, after=0, reviewer="ada")
    with pytest.raises(JobNotFound):
        log.add("nobody", ACCEPT, after=0, reviewer="ada")


def test_reviews_go_with_their_job(queue: JobQueue, log: ReviewLog, engine: sa.Engine) -> None:
    kept, gone = done(queue, 2)
    say(log, kept, ACCEPT)
    say(log, gone, ACCEPT, REJECT)
    queue.delete(gone.id)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM reviews")).scalar_one() == 1
    with pytest.raises(JobNotFound):
        log.history(gone.id)


def test_cursor_that_no_page_gave_is_refused(log: ReviewLog) -> None:
    with pytest.raises(BadCursor):
        log.page(whose=EVERYBODYS, state="unreviewed", limit=1, cursor="1; DROP")
