"""The job table is the queue: what may be asked of it, and what workers may do to it.

    JobNotFound           404
    QueueFull             429 with Retry-After
    IdempotencyConflict   409
    BadCursor             400
    LeaseLost             never shown: the worker stops and publishes nothing

Every write is one transaction. What a worker writes is fenced: it touches the job only while that
very claim holds it, so a worker that was thought dead can change nothing when it wakes.
All methods are safe across threads and processes; besides what they name they raise
`OSError` (ENOSPC) on a full disk and `app.database.DatabaseUnavailable`.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from app.job import Claim, Job, NewJob, Page, State, Worker
from cyclegan.errors import ColorMapperError

__all__ = [
    "BadCursor",
    "Claim",
    "IdempotencyConflict",
    "Job",
    "JobNotFound",
    "JobQueue",
    "LeaseLost",
    "NewJob",
    "Page",
    "QueueFull",
    "State",
    "Worker",
]


class JobNotFound(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """There is no job of that id or token (404)."""


class QueueFull(ColorMapperError):  # noqa: N818
    """So many jobs wait that no further one is taken (429).

    `whose` is "user" or "all", `limit` the number that may wait, `retry_after_s` whole seconds.
    """

    def __init__(self, whose: str, limit: int, retry_after_s: int) -> None:
        self.whose = whose
        self.limit = limit
        self.retry_after_s = retry_after_s
        who = "you have" if whose == "user" else "everybody together has"
        super().__init__(
            f"{who} {limit} images waiting, which is the limit; try again when some are done"
        )


class IdempotencyConflict(ColorMapperError):  # noqa: N818
    """The idempotency key was used before, for another image or model (409)."""


class BadCursor(ColorMapperError):  # noqa: N818
    """The cursor is not one that a page gave (400)."""


class LeaseLost(Exception):  # noqa: N818
    """The claim no longer holds the job: stop, publish nothing, claim another."""


class JobQueue:
    """The queue of one database, as `app.migrations.migrate` left it."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        lease_s: float,
        attempts: int,
        max_queued: int,
        max_queued_per_user: int,
    ) -> None:
        self._engine = engine
        self._lease_s = lease_s
        self._attempts = attempts
        self._max_queued = max_queued
        self._max_queued_per_user = max_queued_per_user

    def submit(self, new: NewJob) -> Job:
        """Queue a job, or return the one that the same user queued under the same key.

        It is the earlier one when its `id` is not `new.id`: the caller then drops its own input.
        Raises QueueFull, and IdempotencyConflict when that one had another input or model.
        """
        raise NotImplementedError

    def get(self, id: str) -> Job:  # noqa: A002 - the field's name
        """The job of an id; raises JobNotFound."""
        raise NotImplementedError

    def by_token(self, token: str) -> Job:
        """The job of a token; raises JobNotFound."""
        raise NotImplementedError

    def page(
        self, *, user: str | None, state: State | None, limit: int, cursor: str | None
    ) -> Page:
        """Up to `limit` jobs, newest first, of a user and in a state (None: of all, in any).

        Jobs that arrive or go between two pages make none appear twice or be left out.
        Raises BadCursor.
        """
        raise NotImplementedError

    def position(self, id: str) -> int | None:  # noqa: A002
        """The job's place in the queue, 1 being the next to be claimed; None unless queued.

        Raises JobNotFound.
        """
        raise NotImplementedError

    def claim(self, owner: str) -> Claim | None:
        """Take the job whose turn it is, or None when none waits; it is then `running`.

        Jobs whose worker let its lease lapse wait again, in front of the others; those whose
        attempts are used up become `failed` ("worker_died").
        """
        raise NotImplementedError

    def heartbeat(self, claim: Claim) -> bool:
        """Extend the lease; True when cancellation was asked for. Raises LeaseLost."""
        raise NotImplementedError

    def progress(self, claim: Claim, done: int, total: int) -> bool:
        """Record patches done and in all, and extend the lease, as `heartbeat` does.

        Each call is a durable write: call it a few times a second at most. Raises LeaseLost.
        """
        raise NotImplementedError

    def publishing(self, claim: Claim, provenance: dict[str, object]) -> bool:
        """The result is safe on this machine and goes to the store now; as `heartbeat`."""
        raise NotImplementedError

    def finish(self, claim: Claim, objects: tuple[str, ...]) -> None:
        """All is in the store under these names: `publishing` becomes `done`.

        A cancellation that came too late is passed over. Raises LeaseLost.
        """
        raise NotImplementedError

    def fail(self, claim: Claim, code: str, message: str) -> None:
        """The job cannot be done: it is `failed` at once. Raises LeaseLost."""
        raise NotImplementedError

    def retry(self, claim: Claim, code: str, message: str) -> None:
        """This attempt failed: the job waits again, or is `failed` when none is left.

        It takes its owner's next turn, so others come first. Raises LeaseLost.
        """
        raise NotImplementedError

    def give_back(self, claim: Claim) -> None:
        """The worker stops in order: the job waits, in front, and the attempt does not count.

        Raises LeaseLost.
        """
        raise NotImplementedError

    def cancelled(self, claim: Claim) -> None:
        """The worker has stopped as it was asked to: the job is `cancelled`. Raises LeaseLost."""
        raise NotImplementedError

    def cancel(self, id: str) -> Job:  # noqa: A002
        """Ask for a job to be stopped: at once while queued, by its worker while active.

        A job that has ended stays as it is, and one that is nearly published may still become
        `done`. Raises JobNotFound.
        """
        raise NotImplementedError

    def delete(self, id: str) -> Job:  # noqa: A002
        """Remove the job and return what it was; its worker finds LeaseLost.

        Its objects are the caller's to remove. Raises JobNotFound.
        """
        raise NotImplementedError

    def release_dead(self, is_alive: Callable[[str], bool]) -> int:
        """Let the jobs of dead owners wait again at once, as if their leases had lapsed.

        Returns how many; `is_alive` is asked once for each owner that holds a job.
        """
        raise NotImplementedError

    def see_worker(self, owner: str, device: str) -> None:
        """Record that a worker is there now."""
        raise NotImplementedError

    def workers(self, within_s: float) -> list[Worker]:
        """The workers seen within so many seconds, the latest first."""
        raise NotImplementedError

    def forget_worker(self, owner: str) -> None:
        """A worker has left; forgetting an unknown one does nothing."""
        raise NotImplementedError

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state; every state is there."""
        raise NotImplementedError

    def oldest_queued_s(self) -> float | None:
        """Seconds that the oldest queued job has waited; None when none waits."""
        raise NotImplementedError

    def tokens(self) -> set[str]:
        """The tokens of all jobs: an older object under any other token is an orphan."""
        raise NotImplementedError
