from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.job import Removal
from app.jobs import Claim, Job, JobQueue
from app.scope import EVERYBODYS, Scope
from tests.app.jobs.examples import new_job
from tests.app.jobs.verbs import being_published, handed_over, published, running

LATER_S = 3600.0


def deleted(queue: JobQueue, **changes: object) -> Removal:
    job = queue.submit(new_job(**changes))
    queue.delete(job.id)
    (removal,) = (due for due in queue.removals_due() if due.token == job.token)
    return removal


def test_deleting_leaves_a_removal_that_is_due(queue: JobQueue) -> None:
    job = queue.submit(new_job(name="尿 'β'.tif", user="bob", month="2026-02"))
    assert queue.delete(job.id) == job
    (removal,) = queue.removals_due()
    assert (removal.token, removal.month) == (job.token, "2026-02")
    assert (removal.name, removal.user) == ("尿 'β'.tif", "bob")
    assert (removal.tries, removal.error) == (0, None)
    assert abs(removal.since - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("make", [handed_over, running, published, being_published])
def test_deleting_leaves_a_removal_whatever_the_job_was_at(queue: JobQueue, make: object) -> None:
    made = make(queue)  # type: ignore[operator]
    job: Job = made.job if isinstance(made, Claim) else made
    queue.delete(job.id)
    assert [removal.token for removal in queue.removals_due()] == [job.token]


def test_removals_are_due_in_the_order_of_deletion(queue: JobQueue) -> None:
    tokens = [deleted(queue).token for _ in range(4)]
    assert [removal.token for removal in queue.removals_due()] == tokens


def test_removal_put_off_is_due_behind_the_others(queue: JobQueue) -> None:
    first, second, third = (deleted(queue) for _ in range(3))
    queue.put_off_removal(second, "the bucket does not answer", 0)
    order = [first.token, third.token, second.token]
    assert [removal.token for removal in queue.removals_due()] == order


def test_failed_removal_is_put_off_counted_and_shown(queue: JobQueue) -> None:
    removal = deleted(queue)
    queue.put_off_removal(removal, "the bucket does not answer", LATER_S)
    assert queue.removals_due() == []
    (shown,) = queue.removals(EVERYBODYS)
    assert (shown.tries, shown.error) == (1, "the bucket does not answer")
    assert (shown.token, shown.since) == (removal.token, removal.since)
    assert queue.removals_pending() == 1


def test_removal_that_went_well_is_looked_at_again_but_not_shown(queue: JobQueue) -> None:
    removal = deleted(queue)
    queue.put_off_removal(removal, "the bucket does not answer", 0)
    queue.put_off_removal(removal, None, 0)
    (due,) = queue.removals_due()
    assert (due.tries, due.error) == (1, None)
    assert (queue.removals(EVERYBODYS), queue.removals_pending()) == ([], 0)


def test_removal_that_was_not_tried_is_not_shown(queue: JobQueue) -> None:
    deleted(queue)
    assert (queue.removals(EVERYBODYS), queue.removals_pending()) == ([], 0)


def test_only_the_users_own_removals_are_shown(queue: JobQueue) -> None:
    for user in ("ada", "bob"):
        queue.put_off_removal(deleted(queue, user=user), "message", 0)
    assert [removal.user for removal in queue.removals(Scope("bob"))] == ["bob"]
    assert [removal.user for removal in queue.removals(EVERYBODYS)] == ["ada", "bob"]
    assert queue.removals(Scope("eve")) == []


def test_forgotten_removal_is_gone_and_others_stay(queue: JobQueue) -> None:
    first, second = (deleted(queue) for _ in range(2))
    queue.forget_removal(second)
    queue.forget_removal(second)
    assert queue.removals_due() == [first]


def test_forgotten_removal_does_not_come_back_when_put_off(queue: JobQueue) -> None:
    removal = deleted(queue)
    queue.forget_removal(removal)
    queue.put_off_removal(removal, "message", 0)
    assert queue.removals_due() == []


def asked_twice(queue: JobQueue) -> Removal:
    """The first of two removals of one job: cancelled while published, then deleted."""
    claim = being_published(queue)
    queue.cancelled(claim)
    (first,) = queue.removals_due()
    queue.put_off_removal(first, "the bucket does not answer", LATER_S)
    queue.delete(claim.job.id)
    return first


def test_asking_again_begins_the_removal_anew(queue: JobQueue) -> None:
    first = asked_twice(queue)
    (again,) = queue.removals_due()
    assert (again.token, again.tries, again.error) == (first.token, 0, None)
    assert again.since > first.since
    assert queue.removals_pending() == 0


def test_who_still_works_on_the_earlier_removal_changes_nothing_about_the_later(
    queue: JobQueue,
) -> None:
    first = asked_twice(queue)
    before = queue.removals_due()
    queue.put_off_removal(first, "message", LATER_S)
    queue.forget_removal(first)
    assert queue.removals_due() == before


def test_token_of_a_removal_is_that_of_no_job(queue: JobQueue) -> None:
    job = queue.submit(new_job())
    removal = deleted(queue)
    assert queue.tokens() == {job.token}
    assert queue.removals_due() == [removal]
