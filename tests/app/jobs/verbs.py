"""What may be done with a claim, and how far a job may be brought first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.jobs import Claim, Job, JobQueue
from tests.app.jobs.examples import new_job

Verb = Callable[[JobQueue, Claim], object]

VERBS: dict[str, Verb] = {
    "heartbeat": lambda queue, claim: queue.heartbeat(claim),
    "progress": lambda queue, claim: queue.progress(claim, 0.5),
    "publishing": lambda queue, claim: queue.publishing(claim, {}),
    "hand_over": lambda queue, claim: queue.hand_over(claim, ()),
    "put_off": lambda queue, claim: queue.put_off(claim, "code", "message", 0),
    "finish": lambda queue, claim: queue.finish(claim, ()),
    "fail": lambda queue, claim: queue.fail(claim, "code", "message"),
    "retry": lambda queue, claim: queue.retry(claim, "code", "message"),
    "give_back": lambda queue, claim: queue.give_back(claim),
    "cancelled": lambda queue, claim: queue.cancelled(claim),
}
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())


def claimed(queue: JobQueue, owner: str = "w") -> Claim:
    claim = queue.claim(owner)
    assert claim is not None
    return claim


def running(queue: JobQueue) -> Claim:
    queue.submit(new_job())
    return claimed(queue)


def published(queue: JobQueue) -> Claim:
    claim = running(queue)
    queue.publishing(claim, {"model": "identity"})
    return claim


OBJECTS = ("input.png", "result.tif")


def handed_over(queue: JobQueue) -> Job:
    claim = published(queue)
    queue.hand_over(claim, OBJECTS)
    return queue.get(claim.job.id)


def taken(queue: JobQueue, owner: str = "p") -> Claim:
    """The claim on the publication that is due."""
    claim = queue.claim_publication(owner)
    assert claim is not None
    return claim


def being_published(queue: JobQueue) -> Claim:
    handed_over(queue)
    return taken(queue)
