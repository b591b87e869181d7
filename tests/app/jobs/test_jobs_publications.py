from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from app.job import State
from app.jobs import Claim, Job, JobQueue, LeaseLost
from app.tables import jobs
from tests.app.jobs.examples import new_job, queue_of
from tests.app.jobs.verbs import (
    OBJECTS,
    VERBS,
    Verb,
    being_published,
    claimed,
    every_verb,
    handed_over,
    published,
    running,
    taken,
)

Leave = Callable[[Claim], object]

LATER_S = 3600.0


def put_off(queue: JobQueue, claim: Claim, delay_s: float = LATER_S) -> Job:
    queue.put_off(claim, "store_unavailable", "the bucket does not answer", delay_s)
    return queue.get(claim.job.id)


def test_handed_over_job_is_publishing_and_due_with_its_objects(queue: JobQueue) -> None:
    job = handed_over(queue)
    assert (job.state, job.objects) == ("publishing", OBJECTS)
    assert job.publish_due is not None
    assert job.publish_due <= datetime.now(UTC) + timedelta(minutes=1)
    assert (job.publish_tries, job.publish_code, job.publish_message) == (0, None, None)


def test_job_that_was_not_handed_over_is_not_for_publishers(queue: JobQueue) -> None:
    claim = published(queue)
    assert queue.get(claim.job.id).publish_due is None
    assert queue.claim_publication("p") is None


def test_running_job_cannot_be_handed_over(queue: JobQueue) -> None:
    claim = running(queue)
    with pytest.raises(LeaseLost):
        queue.hand_over(claim, OBJECTS)
    assert queue.get(claim.job.id).state == "running"


@every_verb
def test_worker_changes_nothing_once_it_has_handed_over(queue: JobQueue, verb: Verb) -> None:
    claim = published(queue)
    queue.hand_over(claim, OBJECTS)
    before = queue.get(claim.job.id)
    with pytest.raises(LeaseLost):
        verb(queue, claim)
    assert queue.get(claim.job.id) == before


def test_worker_goes_on_with_the_next_job_while_one_is_handed_over(queue: JobQueue) -> None:
    handed_over(queue)
    waiting = queue.submit(new_job())
    assert claimed(queue).job.id == waiting.id


def test_publisher_takes_it_as_it_is_and_counts_no_attempt(queue: JobQueue) -> None:
    job = handed_over(queue)
    claim = taken(queue)
    assert (claim.owner, claim.job) == ("p", job)
    assert queue.get(job.id) == job


def test_publication_that_is_held_is_not_taken_again(queue: JobQueue) -> None:
    being_published(queue)
    assert queue.claim_publication("q") is None


def test_publications_are_taken_in_the_order_in_which_they_are_due(
    engine: sa.Engine, queue: JobQueue
) -> None:
    made = [handed_over(queue) for _ in range(3)]
    order = [made[1], made[2], made[0]]
    with engine.begin() as connection:
        for hours, job in enumerate(reversed(order), 1):
            due = datetime.now(UTC) - timedelta(hours=hours)
            which = jobs.c.id == job.id
            connection.execute(sa.update(jobs).where(which).values(publish_due=due))
    assert [taken(queue).job.id for _ in made] == [job.id for job in order]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_publication_that_another_is_taking_is_passed_over(
    engine: sa.Engine, queue: JobQueue
) -> None:
    first, second = (handed_over(queue) for _ in range(2))
    with engine.begin() as connection:
        connection.execute(sa.select(jobs).where(jobs.c.id == first.id).with_for_update())
        assert taken(queue).job.id == second.id


def test_put_off_publication_waits_and_says_why(queue: JobQueue) -> None:
    job = put_off(queue, being_published(queue))
    assert (job.state, job.publish_tries) == ("publishing", 1)
    assert (job.publish_code, job.publish_message) == (
        "store_unavailable",
        "the bucket does not answer",
    )
    assert job.publish_due is not None
    assert job.publish_due > datetime.now(UTC) + timedelta(seconds=LATER_S / 2)
    assert queue.claim_publication("p") is None


def test_put_off_publication_is_taken_when_it_is_due_and_counts_on(queue: JobQueue) -> None:
    put_off(queue, being_published(queue), delay_s=0)
    assert put_off(queue, taken(queue, "q")).publish_tries == 2


def test_reason_is_kept_while_the_next_try_is_under_way(queue: JobQueue) -> None:
    put_off(queue, being_published(queue), delay_s=0)
    assert taken(queue).job.publish_code == "store_unavailable"


def test_publication_with_no_end_of_failures_uses_up_no_attempt(engine: sa.Engine) -> None:
    queue = queue_of(engine, attempts=1)
    claim = being_published(queue)
    for _ in range(5):
        put_off(queue, claim, delay_s=0)
        claim = taken(queue)
    job = queue.get(claim.job.id)
    assert (job.state, job.attempts, job.publish_tries) == ("publishing", 1, 5)


def test_published_job_is_done_and_no_longer_handed_over(queue: JobQueue) -> None:
    put_off(queue, being_published(queue), delay_s=0)
    claim = taken(queue)
    queue.finish(claim, OBJECTS)
    job = queue.get(claim.job.id)
    assert (job.state, job.objects, job.publish_due) == ("done", OBJECTS, None)
    assert (job.publish_tries, job.publish_code, job.publish_message) == (0, None, None)
    assert job.finished is not None
    assert queue.claim_publication("p") is None


def test_worker_cannot_put_off_what_it_has_not_handed_over(queue: JobQueue) -> None:
    claim = published(queue)
    with pytest.raises(LeaseLost):
        put_off(queue, claim)
    assert queue.heartbeat(claim) is False


@pytest.mark.parametrize("verb", ["progress", "publishing", "hand_over", "retry"])
def test_publisher_cannot_do_what_only_a_worker_may(queue: JobQueue, verb: str) -> None:
    claim = being_published(queue)
    before = queue.get(claim.job.id)
    with pytest.raises(LeaseLost):
        VERBS[verb](queue, claim)
    assert queue.get(claim.job.id) == before
    assert queue.claim("w") is None


def lapse(queue: JobQueue, lapsing: JobQueue, claim: Claim) -> None:
    lapsing.heartbeat(claim)
    assert queue.claim("w") is None


LEAVINGS: dict[str, Callable[[JobQueue, JobQueue, Claim], object]] = {
    "gives back": lambda queue, lapsing, claim: queue.give_back(claim),
    "dies": lambda queue, lapsing, claim: queue.release_dead(lambda owner: False),
    "lapses": lapse,
}


@pytest.fixture(params=LEAVINGS)
def leave(request: pytest.FixtureRequest, queue: JobQueue, lapsing: JobQueue) -> Leave:
    """One of the ways in which a publisher lets go of a job."""
    return partial(LEAVINGS[request.param], queue, lapsing)


def test_publication_left_is_due_again_and_otherwise_the_same(
    queue: JobQueue, leave: Leave
) -> None:
    claim = being_published(queue)
    before = queue.get(claim.job.id)
    leave(claim)
    again = taken(queue, "q").job
    assert again.publish_due is not None
    assert (again.state, again.attempts, again.started) == ("publishing", 1, before.started)
    assert (again.objects, again.progress) == (OBJECTS, before.progress)
    with pytest.raises(LeaseLost):
        queue.heartbeat(claim)


def test_publication_left_lets_others_that_are_due_go_first(queue: JobQueue, leave: Leave) -> None:
    claim = being_published(queue)
    other = handed_over(queue)
    leave(claim)
    assert taken(queue).job.id == other.id


def test_publication_left_when_asked_to_stop_is_for_the_next_publisher_to_stop(
    queue: JobQueue, leave: Leave
) -> None:
    claim = being_published(queue)
    queue.cancel(claim.job.id)
    leave(claim)
    again = taken(queue, "q").job
    assert (again.state, again.cancel_requested) == ("publishing", True)


def test_publication_left_in_the_last_attempt_does_not_fail(engine: sa.Engine) -> None:
    queue = queue_of(engine, attempts=1)
    job = being_published(queue).job
    queue.release_dead(lambda owner: False)
    assert queue.get(job.id).error_code is None
    assert taken(queue).job.id == job.id


def test_lapsed_publication_is_taken_over_by_a_publisher(
    queue: JobQueue, lapsing: JobQueue
) -> None:
    job = handed_over(queue)
    stale = taken(lapsing, "p")
    again = taken(queue, "q")
    assert (again.job.id, again.job.state) == (job.id, "publishing")
    assert again.attempt > stale.attempt


@every_verb
def test_stopped_publisher_that_wakes_changes_nothing(
    queue: JobQueue, lapsing: JobQueue, verb: Verb
) -> None:
    handed_over(queue)
    stale = taken(lapsing, "p")
    taken(queue, "p")  # even the very same owner
    before = queue.get(stale.job.id)
    with pytest.raises(LeaseLost):
        verb(queue, stale)
    assert queue.get(stale.job.id) == before
    assert queue.removals_due() == []


def test_heartbeat_keeps_a_publication(queue: JobQueue, lapsing: JobQueue) -> None:
    handed_over(queue)
    claim = taken(lapsing)
    assert queue.heartbeat(claim) is False
    assert queue.claim_publication("q") is None


def test_publisher_releases_the_lapsed_jobs_of_workers_too(
    queue: JobQueue, lapsing: JobQueue
) -> None:
    stale = running(lapsing)
    assert queue.claim_publication("p") is None
    assert queue.get(stale.job.id).state == "queued"


def test_nobody_is_asked_about_the_owner_of_a_job_without_one(queue: JobQueue) -> None:
    handed_over(queue)
    asked: set[str] = set()

    def is_alive(owner: str) -> bool:
        asked.add(owner)
        return True

    assert queue.release_dead(is_alive) == 0
    assert asked == set()


def test_waiting_publication_asked_to_stop_is_due_at_once(queue: JobQueue) -> None:
    waiting = put_off(queue, being_published(queue))
    job = queue.cancel(waiting.id)
    assert (job.state, job.cancel_requested) == ("publishing", True)
    assert taken(queue).job.cancel_requested


def test_publisher_is_told_to_stop_by_its_heartbeat(queue: JobQueue) -> None:
    claim = being_published(queue)
    before = queue.get(claim.job.id)
    assert queue.cancel(claim.job.id).publish_due == before.publish_due
    assert queue.heartbeat(claim) is True


def test_publication_put_off_after_it_was_asked_to_stop_is_due_at_once(queue: JobQueue) -> None:
    claim = being_published(queue)
    queue.cancel(claim.job.id)
    put_off(queue, claim)
    assert taken(queue).job.id == claim.job.id


ENDINGS: dict[State, Callable[[JobQueue, Claim], None]] = {
    "failed": lambda queue, claim: queue.fail(claim, "code", "message"),
    "cancelled": lambda queue, claim: queue.cancelled(claim),
}
every_ending = pytest.mark.parametrize("state", ENDINGS)


@every_ending
def test_publication_ended_without_result_has_no_objects_and_is_not_due(
    queue: JobQueue, state: State
) -> None:
    claim = being_published(queue)
    ENDINGS[state](queue, claim)
    job = queue.get(claim.job.id)
    assert (job.state, job.objects, job.publish_due) == (state, (), None)
    assert queue.claim_publication("p") is None


@every_ending
def test_publication_ended_without_result_leaves_a_removal(queue: JobQueue, state: State) -> None:
    claim = being_published(queue)
    ENDINGS[state](queue, claim)
    assert [removal.token for removal in queue.removals_due()] == [claim.job.token]


@every_ending
def test_attempt_ended_without_result_leaves_no_removal(queue: JobQueue, state: State) -> None:
    ENDINGS[state](queue, published(queue))
    assert queue.removals_due() == []


def test_deleted_publication_is_lost_to_its_publisher_and_to_others(queue: JobQueue) -> None:
    claim = being_published(queue)
    queue.delete(claim.job.id)
    with pytest.raises(LeaseLost):
        queue.finish(claim, OBJECTS)
    assert queue.claim_publication("q") is None


def test_handed_over_job_is_out_of_the_queue(queue: JobQueue) -> None:
    job = handed_over(queue)
    assert queue.position(job.id) is None
    assert (queue.counts()["publishing"], queue.oldest_queued_s()) == (1, None)
