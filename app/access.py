"""Which jobs the request at hand may see, change and review, and whose it lists.

Every view asks here, and only here. A job that may not be seen is JobNotFound, exactly as one that
is not there: ids that were guessed teach nothing.
"""

from __future__ import annotations

from app.current import services
from app.job import Job
from app.scope import EVERYBODYS, Scope
from app.visitors import visitor


def sender() -> str:
    """The user to whom belongs what this request sends."""
    return visitor()


def listed() -> Scope:
    """Whose jobs this request lists."""
    return EVERYBODYS if services().settings.mode == "local" else Scope(visitor())


def own() -> Scope:
    """What the sender of this request has begun and nobody else may go on with."""
    return EVERYBODYS if services().settings.mode == "local" else Scope(sender())


def job_to_see(job_id: str) -> Job:
    """The job of an id, for looking at it and its files; raises JobNotFound."""
    return services().queue.get(job_id)


def job_of_token(token: str) -> Job:
    """The job whose files lie under a token, for looking at them; raises JobNotFound."""
    return services().queue.by_token(token)


def job_to_change(job_id: str) -> Job:
    """The job of an id, for stopping or removing it; raises JobNotFound."""
    return job_to_see(job_id)


def job_to_review(job_id: str) -> Job:
    """The job of an id, for a verdict on its result; raises JobNotFound."""
    return job_to_see(job_id)
