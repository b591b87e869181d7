from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.job import State
from app.jobs import Claim, JobQueue, LeaseLost
from app.tables import jobs
from tests.app.jobs.examples import new_job, queue_of
from tests.app.jobs.verbs import VERBS, Verb, claimed, every_verb, published, running


def test_claimed_job_runs(queue: JobQueue) -> None:
    claim = running(queue)
    assert claim.job == queue.get(claim.job.id)
    assert (claim.job.state, claim.job.attempts, claim.owner) == ("running", 1, "w")
    assert claim.job.started is not None


def test_empty_queue_gives_no_claim(queue: JobQueue) -> None:
    assert queue.claim("w") is None


def test_running_job_is_not_claimed_again(queue: JobQueue) -> None:
    running(queue)
    assert queue.claim("v") is None


def test_b_starts_after_at_most_two_of_fifty_of_a(queue: JobQueue) -> None:
    for _ in range(50):
        queue.submit(new_job(user="a", batch="all"))
    claimed(queue)
    queue.submit(new_job(user="b"))
    assert "b" in {claimed(queue).job.user for _ in range(2)}


def test_deleting_ones_jobs_does_not_bring_an_earlier_turn(queue: JobQueue) -> None:
    for _ in range(3):
        queue.submit(new_job(user="a"))
    queue.submit(new_job(user="b"))
    claim = claimed(queue)
    queue.fail(claim, "code", "message")
    queue.delete(claim.job.id)
    assert claimed(queue).job.user == "b"


def test_turns_are_forgotten_when_they_decide_nothing(engine: sa.Engine, queue: JobQueue) -> None:
    for number in range(5):
        queue.submit(new_job(user=f"user{number}"))
        claimed(queue)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM turns")).scalar_one() <= 1


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_job_that_another_worker_is_taking_is_passed_over(
    engine: sa.Engine, queue: JobQueue
) -> None:
    first, second = (queue.submit(new_job()) for _ in range(2))
    with engine.begin() as connection:
        connection.execute(sa.select(jobs).where(jobs.c.id == first.id).with_for_update())
        assert claimed(queue).job.id == second.id


def test_progress_is_kept(queue: JobQueue) -> None:
    claim = running(queue)
    assert queue.progress(claim, 0.15) is False
    assert queue.get(claim.job.id).progress == 0.15


def test_rest_is_estimated_from_the_rate_since_the_first_progress(
    engine: sa.Engine, queue: JobQueue
) -> None:
    claim = running(queue)
    queue.progress(claim, 0.125)
    assert queue.get(claim.job.id).eta_s is None
    queue.progress(claim, 0.375)
    with engine.begin() as connection:  # as if the quarter between had taken 40 s
        until = connection.execute(sa.select(jobs.c.rate_until)).scalar_one()
        connection.execute(sa.update(jobs).values(rate_since=until - timedelta(seconds=40)))
    assert queue.get(claim.job.id).eta_s == 100


def test_new_attempt_begins_without_progress(queue: JobQueue, lapsing: JobQueue) -> None:
    claim = running(lapsing)
    lapsing.progress(claim, 0.3)
    lapsing.progress(claim, 0.4)
    job = claimed(queue).job
    assert (job.progress, job.eta_s) == (0, None)


def test_running_job_is_the_same_until_something_changes(queue: JobQueue) -> None:
    claim = running(queue)
    queue.progress(claim, 0.1)
    queue.progress(claim, 0.2)
    before = queue.get(claim.job.id)
    queue.heartbeat(claim)
    assert queue.get(claim.job.id) == before


def test_published_job_keeps_its_provenance(queue: JobQueue) -> None:
    job = queue.get(published(queue).job.id)
    assert (job.state, job.provenance) == ("publishing", {"model": "identity"})


def test_finished_job_is_done_with_its_objects(queue: JobQueue) -> None:
    claim = published(queue)
    queue.finish(claim, ("input.png", "result.tif"))
    job = queue.get(claim.job.id)
    assert (job.state, job.objects) == ("done", ("input.png", "result.tif"))
    assert job.finished is not None


def test_job_is_not_done_before_it_is_published(queue: JobQueue) -> None:
    claim = running(queue)
    with pytest.raises(LeaseLost):
        queue.finish(claim, ())
    assert queue.get(claim.job.id).state == "running"


def test_failed_job_says_why(queue: JobQueue) -> None:
    claim = running(queue)
    queue.fail(claim, "corrupt_image", "the image is cut short")
    job = queue.get(claim.job.id)
    assert (job.state, job.error_code) == ("failed", "corrupt_image")
    assert job.error_message == "the image is cut short"
    assert job.finished is not None


def test_job_is_tried_again_until_its_attempts_are_used_up(queue: JobQueue) -> None:
    claim = running(queue)
    seen = []
    for _ in range(3):
        queue.retry(claim, "store_away", "the store is away")
        seen.append(queue.get(claim.job.id))
        claim = queue.claim("w") or claim
    assert [job.state for job in seen] == ["queued", "queued", "failed"]
    assert [job.error_code for job in seen] == [None, None, "store_away"]


def test_retried_job_lets_others_go_first(queue: JobQueue) -> None:
    claim = running(queue)
    other = queue.submit(new_job(user="b"))
    queue.retry(claim, "code", "message")
    assert claimed(queue).job.id == other.id


def test_job_given_back_goes_first_and_loses_no_attempt(queue: JobQueue) -> None:
    claim = running(queue)
    queue.submit(new_job(user="b"))
    queue.give_back(claim)
    assert queue.get(claim.job.id).attempts == 0
    assert claimed(queue).job.id == claim.job.id


def test_claim_from_before_it_was_given_back_is_void_for_the_same_owner(queue: JobQueue) -> None:
    claim = running(queue)
    queue.give_back(claim)
    again = claimed(queue)
    assert again.job.attempts == claim.job.attempts
    with pytest.raises(LeaseLost):
        queue.heartbeat(claim)


def test_interrupted_jobs_stand_first_in_line(queue: JobQueue) -> None:
    claims = [running(queue) for _ in range(3)]
    waiting = queue.submit(new_job(user="b"))
    for claim in reversed(claims[1:]):
        queue.give_back(claim)
    ids = [claims[1].job.id, claims[2].job.id, waiting.id]
    assert [queue.position(job_id) for job_id in ids] == [1, 2, 3]


@pytest.mark.parametrize("make", [running, published])
def test_lapsed_job_is_taken_over_before_others_start(
    queue: JobQueue, lapsing: JobQueue, make: Callable[[JobQueue], Claim]
) -> None:
    stale = make(lapsing)
    queue.submit(new_job(user="b"))
    taken = claimed(queue, "v")
    assert (taken.job.id, taken.job.state, taken.job.attempts) == (stale.job.id, "running", 2)


def test_heartbeat_keeps_the_lease(queue: JobQueue, lapsing: JobQueue) -> None:
    claim = running(lapsing)
    queue.heartbeat(claim)
    assert queue.claim("v") is None


def test_progress_keeps_the_lease(queue: JobQueue, lapsing: JobQueue) -> None:
    claim = running(lapsing)
    queue.progress(claim, 0.5)
    assert queue.claim("v") is None


@every_verb
def test_claim_that_was_taken_over_changes_nothing(
    queue: JobQueue, lapsing: JobQueue, verb: Verb
) -> None:
    stale = running(lapsing)
    taken = claimed(queue, "v")
    before = queue.get(taken.job.id)
    with pytest.raises(LeaseLost):
        verb(queue, stale)
    assert queue.get(taken.job.id) == before


@every_verb
def test_claim_taken_over_by_its_own_owner_changes_nothing(
    queue: JobQueue, lapsing: JobQueue, verb: Verb
) -> None:
    stale = running(lapsing)
    claimed(queue, stale.owner)
    with pytest.raises(LeaseLost):
        verb(queue, stale)


@every_verb
def test_claim_on_a_deleted_job_is_lost(queue: JobQueue, verb: Verb) -> None:
    claim = published(queue)
    queue.delete(claim.job.id)
    with pytest.raises(LeaseLost):
        verb(queue, claim)


@every_verb
def test_claim_on_an_ended_job_is_lost(queue: JobQueue, verb: Verb) -> None:
    claim = published(queue)
    queue.finish(claim, ("result.tif",))
    done = queue.get(claim.job.id)
    with pytest.raises(LeaseLost):
        verb(queue, claim)
    assert queue.get(claim.job.id) == done


def test_job_that_kills_every_worker_fails_with_a_reason(
    queue: JobQueue, lapsing: JobQueue
) -> None:
    claim = running(lapsing)
    for owner in ("second", "third"):
        claimed(lapsing, owner)
    assert queue.claim("fourth") is None
    job = queue.get(claim.job.id)
    assert (job.state, job.attempts, job.error_code) == ("failed", 3, "worker_died")
    assert "worker stopped" in (job.error_message or "")


def test_dead_owners_jobs_wait_again_at_once(queue: JobQueue) -> None:
    dead = running(queue)
    queue.submit(new_job())
    living = claimed(queue, "living")
    assert queue.release_dead(lambda owner: owner == "living") == 1
    assert queue.get(dead.job.id).state == "queued"
    assert queue.get(living.job.id).state == "running"
    with pytest.raises(LeaseLost):
        queue.heartbeat(dead)


def test_nothing_is_released_while_all_live(queue: JobQueue) -> None:
    running(queue)
    assert queue.release_dead(lambda owner: True) == 0


def test_released_job_without_attempts_left_fails(engine: sa.Engine) -> None:
    queue = queue_of(engine, attempts=1)
    claim = running(queue)
    assert queue.release_dead(lambda owner: False) == 1
    assert queue.get(claim.job.id).error_code == "worker_died"


def test_queued_job_is_cancelled_at_once(queue: JobQueue) -> None:
    job = queue.cancel(queue.submit(new_job()).id)
    assert job.state == "cancelled"
    assert job.finished is not None
    assert queue.claim("w") is None


@pytest.mark.parametrize("make", [running, published])
def test_active_job_is_asked_to_stop(queue: JobQueue, make: Callable[[JobQueue], Claim]) -> None:
    claim = make(queue)
    before = queue.get(claim.job.id).state
    job = queue.cancel(claim.job.id)
    assert (job.state, job.cancel_requested) == (before, True)
    assert queue.heartbeat(claim) is True
    queue.cancelled(claim)
    assert queue.get(claim.job.id).state == "cancelled"


def test_cancellation_is_seen_with_progress_and_when_publishing(queue: JobQueue) -> None:
    claim = running(queue)
    queue.cancel(claim.job.id)
    assert queue.progress(claim, 0.5) is True
    assert queue.publishing(claim, {}) is True


def test_cancellation_that_comes_too_late_is_passed_over(queue: JobQueue) -> None:
    claim = published(queue)
    queue.cancel(claim.job.id)
    queue.finish(claim, ("result.tif",))
    assert queue.get(claim.job.id).state == "done"


ENDINGS: dict[State, Verb] = {
    "done": lambda queue, claim: queue.finish(claim, ()),
    "failed": lambda queue, claim: queue.fail(claim, "code", "message"),
    "cancelled": lambda queue, claim: queue.cancelled(claim),
}


@pytest.mark.parametrize("state", ENDINGS)
def test_ended_job_is_not_changed_by_cancelling(queue: JobQueue, state: State) -> None:
    claim = published(queue)
    ENDINGS[state](queue, claim)
    before = queue.get(claim.job.id)
    assert before.state == state
    assert queue.cancel(claim.job.id) == before


def leave(queue: JobQueue, _: Claim) -> None:
    queue.release_dead(lambda owner: False)


@pytest.mark.parametrize("leaving", [VERBS["retry"], VERBS["give_back"], leave])
def test_job_asked_to_stop_does_not_wait_again(queue: JobQueue, leaving: Verb) -> None:
    claim = running(queue)
    queue.cancel(claim.job.id)
    leaving(queue, claim)
    assert queue.get(claim.job.id).state == "cancelled"


def test_job_asked_to_stop_in_its_last_attempt_is_cancelled_not_failed(engine: sa.Engine) -> None:
    queue = queue_of(engine, attempts=1)
    claim = running(queue)
    queue.cancel(claim.job.id)
    queue.release_dead(lambda owner: False)
    assert queue.get(claim.job.id).state == "cancelled"


def test_job_asked_to_stop_is_not_taken_over(queue: JobQueue, lapsing: JobQueue) -> None:
    claim = running(lapsing)
    queue.cancel(claim.job.id)
    assert queue.claim("v") is None
    assert queue.get(claim.job.id).state == "cancelled"


def test_job_fails_with_its_reason_although_cancellation_was_asked_for(queue: JobQueue) -> None:
    claim = running(queue)
    queue.cancel(claim.job.id)
    queue.fail(claim, "corrupt_image", "the image is cut short")
    assert queue.get(claim.job.id).error_code == "corrupt_image"
