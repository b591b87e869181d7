"""The job table is the queue: what may be asked of it, and what workers may do to it.

Every write is one transaction. What a worker or publisher writes is fenced: it touches the job
only while that very claim holds it, so one that was thought dead can change nothing when it wakes.
All methods are safe across threads and processes; besides what they name they raise
`OSError` (ENOSPC) on a full disk and `app.database.DatabaseUnavailable`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.batches import batch_id_of, batch_of, page_of_batch
from app.claims import (
    PUBLISHING,
    UNDER_WAY,
    UNHELD,
    WITH_WORKER,
    ask_to_stop,
    blame,
    held_by,
    owners,
    progress_at,
    release,
    release_gone,
    take,
    write,
)
from app.database import lock, now, reading, writing
from app.job import Batch, Claim, Job, NewJob, Page, Removal, State, Worker
from app.listing import done_with, page_of
from app.membership import require_taking
from app.publications import HANDED_OVER, NOT_PUBLISHING, put_off_at, take_publication
from app.quota import require_quota, used_bytes
from app.records import MADE_HERE, job_of, row_by, row_of, row_of_key
from app.refusals import (
    BadCursor,
    BatchNotFound,
    IdempotencyConflict,
    JobNotFound,
    LeaseLost,
    QueueFull,
    QuotaExceeded,
)
from app.removals import ask_removal, count_failing, due_at, failing, forget_removal, postpone
from app.scope import Scope
from app.tables import jobs, shares, uploads
from app.tallies import count_queued, count_states, oldest_queued
from app.turns import in_turn, place_of, take_turn
from app.workers import forget, see, seen_since

__all__ = [
    "BadCursor",
    "Batch",
    "BatchNotFound",
    "Claim",
    "IdempotencyConflict",
    "Job",
    "JobNotFound",
    "JobQueue",
    "LeaseLost",
    "NewJob",
    "Page",
    "QueueFull",
    "QuotaExceeded",
    "Removal",
    "State",
    "Worker",
]

SUBMITTING = 1
"""The lock under which submissions take turns, so that keys and limits hold to the job."""
RETRY_AFTER_S = 30


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
        max_user_bytes: int | None = None,
    ) -> None:
        self._engine = engine
        self._lease_s = lease_s
        self._attempts = attempts
        self._max_queued = max_queued
        self._max_queued_per_user = max_queued_per_user
        self._max_user_bytes = max_user_bytes

    def submit(self, new: NewJob) -> Job:
        """Queue a job, or return the one that the same user queued under the same key.

        It is the earlier one when its `id` is not `new.id`: the caller then drops its own input.
        The upload that it was made of is forgotten at the same moment. Raises QueueFull,
        QuotaExceeded, ProjectUnusable, ProjectArchived, and IdempotencyConflict when the earlier
        one had another input or model.
        """
        with writing(self._engine) as connection:
            lock(connection, SUBMITTING)
            if new.upload is not None:
                connection.execute(sa.delete(uploads).where(uploads.c.id == new.upload))
            earlier = row_of_key(connection, new.user, new.idempotency_key)
            if earlier is None:
                self._check_room(connection, new.user)
                if new.upload is None:  # an upload was counted when it began
                    limit = self._max_user_bytes
                    require_quota(connection, new.user, new.input_bytes, limit=limit)
                if new.project is not None:
                    require_taking(connection, new.project, user=new.user)
                values = row_of(new, batch_id=batch_id_of(connection, new), at=now(connection))
                earlier = connection.execute(sa.insert(jobs).values(values).returning(jobs)).one()
            elif (earlier.input_sha256, earlier.model) != (new.input_sha256, new.model):
                raise IdempotencyConflict(
                    "this Idempotency-Key was used for another image or model; use a new key"
                )
            return job_of(earlier)

    def require_room(self, user: str) -> None:
        """Raise QueueFull as `submit` would now, so that nobody sends an image in vain."""
        with reading(self._engine) as connection:
            self._check_room(connection, user)

    def get(self, id: str) -> Job:  # noqa: A002 - the field's name
        """The job of an id; raises JobNotFound."""
        return self._find(jobs.c.id, id)

    def by_token(self, token: str) -> Job:
        """The job of a token; raises JobNotFound."""
        return self._find(jobs.c.token, token)

    def of_upload(self, upload: str, *, whose: Scope) -> Job | None:
        """The job of a scope that was made of an upload, if one was."""
        query = sa.select(jobs).where(jobs.c.upload == upload, whose.within(jobs))
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none() if MADE_HERE.fullmatch(upload) else None
            return None if row is None else job_of(row)

    def used_bytes(self, user: str) -> int:
        """Bytes of the user's images, and of their uploads when these are whole."""
        with reading(self._engine) as connection:
            return used_bytes(connection, user)

    def page(self, *, whose: Scope, state: State | None, limit: int, cursor: str | None) -> Page:
        """Up to `limit` jobs, newest first, of a scope and in a state (None: in any).

        Jobs that arrive or go between two pages make none appear twice or be left out.
        Raises BadCursor.
        """
        with reading(self._engine) as connection:
            return page_of(connection, whose=whose, state=state, limit=limit, cursor=cursor)

    def batch(self, id: str, *, whose: Scope) -> Batch:  # noqa: A002
        """How far those jobs of a batch are that are in the scope; raises BatchNotFound."""
        with reading(self._engine) as connection:
            return batch_of(connection, id, whose=whose)

    def batch_page(
        self,
        id: str,  # noqa: A002
        *,
        whose: Scope,
        limit: int,
        cursor: str | None,
    ) -> Page:
        """Up to `limit` of the same jobs, in the order in which they were sent; raises BadCursor.

        Jobs that arrive or go between two pages make none appear twice or be left out.
        """
        with reading(self._engine) as connection:
            return page_of_batch(connection, id, whose=whose, limit=limit, cursor=cursor)

    def done_with(self, sha256: str, *, model: str, whose: Scope, limit: int) -> list[Job]:
        """The latest jobs of a scope that a model has done of exactly these bytes, newest first."""
        with reading(self._engine) as connection:
            return done_with(connection, sha256, model=model, whose=whose, limit=limit)

    def position(self, id: str) -> int | None:  # noqa: A002
        """The job's place in the queue, 1 being the next to be claimed; None unless queued.

        Raises JobNotFound.
        """
        with reading(self._engine) as connection:
            row = row_by(connection, jobs.c.id, id)
            return place_of(connection, row) if row.state == "queued" else None

    def claim(self, owner: str) -> Claim | None:
        """Take the job whose turn it is, or None when none waits; it is then `running`.

        Jobs whose worker let its lease lapse wait again, in front of the others; those whose
        attempts are used up become `failed` ("worker_died").
        """
        with writing(self._engine) as connection:
            at = now(connection)
            self._release_gone(connection, jobs.c.lease_until < at, at=at)
            lease_until = self._lease(at)
            for number in in_turn(connection):
                row = take(connection, number, owner=owner, at=at, lease_until=lease_until)
                if row is not None:
                    take_turn(connection, row.user, row.batch)
                    return _claim_on(row)
        return None

    def claim_publication(self, owner: str) -> Claim | None:
        """Take the handed-over job that has been due for longest, or None when none is due.

        It stays `publishing`, and no attempt of it is counted. What lapsed is released as by
        `claim`: publications are due again, behind those that are due already.
        """
        with writing(self._engine) as connection:
            at = now(connection)
            self._release_gone(connection, jobs.c.lease_until < at, at=at)
            row = take_publication(connection, owner=owner, at=at, lease_until=self._lease(at))
            return None if row is None else _claim_on(row)

    def heartbeat(self, claim: Claim) -> bool:
        """Extend the lease; True when cancellation was asked for. Raises LeaseLost."""
        return self._alive(claim, UNDER_WAY, {})

    def progress(self, claim: Claim, done: float) -> bool:
        """Record the part of the work that is done, and extend the lease, as `heartbeat` does.

        Each call is a durable write: call it a few times a second at most. Raises LeaseLost.
        """
        with writing(self._engine) as connection:
            at = now(connection)
            values = {**progress_at(at, done), "lease_until": self._lease(at)}
            row = write(connection, claim, jobs.c.state == "running", values)
            return row.cancel_requested is True

    def publishing(self, claim: Claim, provenance: dict[str, object]) -> bool:
        """The result is safe on this machine and goes to the store now; as `heartbeat`."""
        values: dict[str, object] = {"state": "publishing", "provenance": provenance}
        return self._alive(claim, WITH_WORKER, values)

    def hand_over(self, claim: Claim, objects: tuple[str, ...]) -> None:
        """All is safe on this machine under these names: a publisher may take the job from now on.

        It is `publishing`, held by nobody and due now. Raises LeaseLost.
        """
        with writing(self._engine) as connection:
            due = {"publish_due": now(connection), "objects": list(objects)}
            which = sa.and_(PUBLISHING, WITH_WORKER)
            write(connection, claim, which, {**NOT_PUBLISHING, **due, **UNHELD})

    def put_off(self, claim: Claim, code: str, message: str, delay_s: float) -> None:
        """Publishing failed: the job is held by nobody, and due again in so many seconds.

        At once when it was asked to stop meanwhile. Raises LeaseLost.
        """
        with writing(self._engine) as connection:
            values = put_off_at(now(connection), code, message, delay_s=delay_s)
            write(connection, claim, HANDED_OVER, {**values, **UNHELD})

    def finish(self, claim: Claim, objects: tuple[str, ...]) -> None:
        """All is in the store under these names: `publishing` becomes `done`.

        A cancellation that came too late is passed over. Raises LeaseLost.
        """
        with writing(self._engine) as connection:
            values = {"state": "done", "objects": list(objects)}
            write(connection, claim, PUBLISHING, {**values, **_ended(now(connection))})

    def fail(self, claim: Claim, code: str, message: str) -> None:
        """The job cannot be done: it is `failed` at once. Raises LeaseLost.

        If it was handed over, a removal sees to what is in the store already.
        """
        why = {"error_code": code, "error_message": message}
        self._end_without_result(claim, {"state": "failed", **why})

    def retry(self, claim: Claim, code: str, message: str) -> None:
        """This attempt failed: the job waits again, or is `failed` when none is left.

        Its user goes to the end of the ring, so that others come first. Raises LeaseLost.
        """
        with writing(self._engine) as connection:
            at = now(connection)
            numbers = held_by(connection, claim, WITH_WORKER)
            blame(connection, numbers, (code, message), at=at, attempts=self._attempts)
            release(connection, numbers, at=at, resumes=False)
            take_turn(connection, claim.job.user, claim.job.batch)

    def give_back(self, claim: Claim) -> None:
        """The worker stops in order: the job waits, in front, and the attempt does not count.

        A handed-over job is due at once, for any publisher. Raises LeaseLost.
        """
        with writing(self._engine) as connection:
            numbers = held_by(connection, claim, UNDER_WAY)
            refund = {"attempts": jobs.c.attempts - 1}
            release(connection, numbers, at=now(connection), resumes=True, **refund)

    def cancelled(self, claim: Claim) -> None:
        """Whoever holds the job has stopped as asked: it is `cancelled`. Raises LeaseLost.

        If it was handed over, a removal sees to what is in the store already.
        """
        self._end_without_result(claim, {"state": "cancelled"})

    def cancel(self, id: str) -> Job:  # noqa: A002
        """Ask for a job to be stopped: at once while queued, by whoever holds it while active.

        One that is handed over and held by nobody is due at once, for a publisher to stop it.
        A job that has ended stays as it is, and one that is nearly published may still become
        `done`. Raises JobNotFound.
        """
        with writing(self._engine) as connection:
            row = row_by(connection, jobs.c.id, id, locked=True)
            ask_to_stop(connection, row, at=now(connection))
            return job_of(row_by(connection, jobs.c.id, id))

    def delete(self, id: str) -> Job:  # noqa: A002
        """Remove the job and return what it was; whoever holds it finds LeaseLost.

        A removal of all its objects is due at once, and links that share it end.
        Raises JobNotFound.
        """
        with writing(self._engine) as connection:
            row = row_by(connection, jobs.c.id, id, locked=True)
            connection.execute(sa.delete(shares).where(shares.c.job == row.number))
            connection.execute(sa.delete(jobs).where(jobs.c.number == row.number))
            ask_removal(connection, row, at=now(connection))
            return job_of(row)

    def removals_due(self) -> list[Removal]:
        """The removals that are due now, the longest due first."""
        with reading(self._engine) as connection:
            return due_at(connection, now(connection))

    def put_off_removal(self, removal: Removal, message: str | None, delay_s: float) -> None:
        """Look at a removal again in so many seconds.

        The message says why it failed; None: it went well and is to be looked at once more.
        Does nothing if it was forgotten, or asked for anew, meanwhile.
        """
        with writing(self._engine) as connection:
            due = now(connection) + timedelta(seconds=delay_s)
            postpone(connection, removal, message=message, due=due)

    def forget_removal(self, removal: Removal) -> None:
        """Nothing of it is left, for good; does nothing if it was asked for anew meanwhile."""
        with writing(self._engine) as connection:
            forget_removal(connection, removal)

    def removals(self, whose: Scope) -> list[Removal]:
        """The removals of a scope that failed when last tried, the oldest first."""
        with reading(self._engine) as connection:
            return failing(connection, whose)

    def removals_pending(self) -> int:
        """How many removals failed when last tried."""
        with reading(self._engine) as connection:
            return count_failing(connection)

    def release_dead(self, is_alive: Callable[[str], bool]) -> int:
        """Release the jobs of dead owners at once, as if their leases had lapsed.

        Returns how many; `is_alive` is asked once for each owner that holds a job.
        """
        with reading(self._engine) as connection:
            holding = owners(connection)
        # Asked outside of any transaction: the answer may take its time.
        dead = [owner for owner in holding if not is_alive(owner)]
        if not dead:
            return 0
        with writing(self._engine) as connection:
            return self._release_gone(connection, jobs.c.owner.in_(dead), at=now(connection))

    def see_worker(self, owner: str, device: str) -> None:
        """Record that a worker is there now."""
        with writing(self._engine) as connection:
            see(connection, owner, device, at=now(connection))

    def workers(self, within_s: float) -> list[Worker]:
        """The workers seen within so many seconds, the latest first."""
        with reading(self._engine) as connection:
            return seen_since(connection, now(connection) - timedelta(seconds=within_s))

    def forget_worker(self, owner: str) -> None:
        """A worker has left; forgetting an unknown one does nothing."""
        with writing(self._engine) as connection:
            forget(connection, owner)

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state; every state is there."""
        with reading(self._engine) as connection:
            return count_states(connection)

    def oldest_queued_s(self) -> float | None:
        """Seconds that the oldest queued job has waited; None when none waits."""
        with reading(self._engine) as connection:
            oldest = oldest_queued(connection)
            return None if oldest is None else (now(connection) - oldest).total_seconds()

    def tokens(self) -> set[str]:
        """The tokens of all jobs: an older object under any other token is an orphan.

        Those of removals are left out, as their objects are to go anyway.
        """
        with reading(self._engine) as connection:
            return set(connection.scalars(sa.select(jobs.c.token)))

    def _find(self, column: sa.Column[str], value: str) -> Job:
        with reading(self._engine) as connection:
            return job_of(row_by(connection, column, value))

    def _check_room(self, connection: sa.Connection, user: str) -> None:
        if count_queued(connection, user) >= self._max_queued_per_user:
            raise QueueFull("user", self._max_queued_per_user, RETRY_AFTER_S)
        if count_queued(connection) >= self._max_queued:
            raise QueueFull("all", self._max_queued, RETRY_AFTER_S)

    def _lease(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self._lease_s)

    def _alive(
        self, claim: Claim, which: sa.ColumnElement[bool], values: dict[str, object]
    ) -> bool:
        """Write what a living worker has to say; True when cancellation was asked for."""
        with writing(self._engine) as connection:
            lease = {"lease_until": self._lease(now(connection))}
            row = write(connection, claim, which, {**values, **lease})
            return row.cancel_requested is True

    def _end_without_result(self, claim: Claim, values: dict[str, object]) -> None:
        with writing(self._engine) as connection:
            at = now(connection)
            row = write(connection, claim, UNDER_WAY, {**values, "objects": [], **_ended(at)})
            # A claim is on what the job was: only a publisher's is on one that was handed over.
            if claim.job.publish_due is not None:
                ask_removal(connection, row, at=at)

    def _release_gone(
        self, connection: sa.Connection, which: sa.ColumnElement[bool], *, at: datetime
    ) -> int:
        return release_gone(connection, which, at=at, attempts=self._attempts)


def _claim_on(row: sa.Row[Any]) -> Claim:
    return Claim(job=job_of(row), owner=row.owner, attempt=row.claims)


def _ended(at: datetime) -> dict[str, object]:
    return {"finished": at, **UNHELD, **NOT_PUBLISHING}
