"""Who holds which job: the statements by which jobs change hands; used by `app.jobs` only.

    queued ── take ──> running ──> publishing ───────────────────────────────> done
       ^                  │            │  └── hand over ─> app.publications ─────┘
       └──── release ─────┴────────────┘

Instead of waiting again, a released job is failed when its attempts are used up, and cancelled
when that was asked for; one that is handed over is merely held by nobody.

Each works inside its caller's transaction. Rows are locked in the order lapsed jobs, queued or
due job, turns, removals, so that no two transactions of a server wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.database import UtcDateTime
from app.job import ACTIVE, Claim
from app.publications import HANDED_OVER
from app.refusals import LeaseLost
from app.tables import jobs

WORKER_DIED = (
    "worker_died",
    "the worker stopped unexpectedly at every attempt; the image may need more memory than there "
    "is: try a smaller one, or ask whoever runs this service",
)
LOST = "the job was taken over, has ended or is gone"
UNHELD = {"owner": None, "lease_until": None}
PUBLISHING = jobs.c.state == "publishing"
UNDER_WAY = jobs.c.state.in_(ACTIVE)
WITH_WORKER = sa.and_(UNDER_WAY, ~HANDED_OVER)
"""In an attempt, which may fail and be repeated; a publication is none."""
NO_PROGRESS = {
    "progress": 0.0,
    "rate_since": None,
    "rate_until": None,
    "rate_from": None,
}


def write(
    connection: sa.Connection,
    claim: Claim,
    which: sa.ColumnElement[bool],
    values: Mapping[str, object],
) -> sa.Row[Any]:
    """Change the claim's job if it is still the claim's and one of which; raises LeaseLost."""
    row = connection.execute(
        sa.update(jobs).where(_fence(claim), which).values(values).returning(jobs)
    ).one_or_none()
    if row is None:
        raise LeaseLost(LOST)
    return row


def progress_at(at: datetime, done: float) -> dict[str, object]:
    """The values that record progress; the attempt's first ones stay as where its rate begins."""
    return {
        "progress": done,
        "rate_since": sa.func.coalesce(jobs.c.rate_since, sa.literal(at, UtcDateTime())),
        "rate_until": at,
        "rate_from": sa.func.coalesce(jobs.c.rate_from, done),
    }


def held_by(
    connection: sa.Connection, claim: Claim, which: sa.ColumnElement[bool]
) -> Sequence[int]:
    """The number of the claim's job, if one of which, locked until the end; raises LeaseLost."""
    numbers = held(connection, sa.and_(_fence(claim), which))
    if not numbers:
        raise LeaseLost(LOST)
    return numbers


def take(
    connection: sa.Connection, number: int, *, owner: str, at: datetime, lease_until: datetime
) -> sa.Row[Any] | None:
    """The row of a queued job, now the owner's; None if somebody else is taking it right now."""
    free = sa.select(jobs.c.number).where(jobs.c.number == number, jobs.c.state == "queued")
    values = {
        "state": "running",
        "owner": owner,
        "claims": jobs.c.claims + 1,
        "attempts": jobs.c.attempts + 1,
        "lease_until": lease_until,
        "started": at,
    }
    return connection.execute(
        sa.update(jobs)
        .where(jobs.c.number == free.with_for_update(skip_locked=True).scalar_subquery())
        .values(values)
        .returning(jobs)
    ).first()


def held(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Sequence[int]:
    """The numbers of the active jobs for which a condition holds, locked until the end."""
    return connection.scalars(
        sa.select(jobs.c.number).where(UNDER_WAY, which).order_by(jobs.c.number).with_for_update()
    ).all()


def owners(connection: sa.Connection) -> Sequence[str]:
    """Those who hold jobs."""
    query = sa.select(jobs.c.owner).where(UNDER_WAY, jobs.c.owner.is_not(None))
    return connection.scalars(query.distinct()).all()


def blame(
    connection: sa.Connection,
    numbers: Sequence[int],
    why: tuple[str, str],
    *,
    at: datetime,
    attempts: int,
) -> None:
    """Those in an attempt that have used up theirs fail; `why` is code and message."""
    code, message = why
    connection.execute(
        sa.update(jobs)
        .where(
            WITH_WORKER,
            jobs.c.number.in_(numbers),
            ~jobs.c.cancel_requested,
            jobs.c.attempts >= attempts,
        )
        .values(state="failed", finished=at, error_code=code, error_message=message, **UNHELD)
    )


def release(
    connection: sa.Connection, numbers: Sequence[int], *, at: datetime, **changes: object
) -> None:
    """Those in an attempt wait again, or are `cancelled` if that was asked for.

    Those handed over are held by nobody and due at once, behind those that were due before.
    """
    which = jobs.c.number.in_(numbers)
    connection.execute(sa.update(jobs).where(HANDED_OVER, which).values(publish_due=at, **UNHELD))
    connection.execute(
        sa.update(jobs)
        .where(WITH_WORKER, which, jobs.c.cancel_requested)
        .values(state="cancelled", finished=at, **UNHELD)
    )
    values = {"state": "queued", "started": None, **NO_PROGRESS, **UNHELD, **changes}
    connection.execute(sa.update(jobs).where(WITH_WORKER, which).values(values))


def release_gone(
    connection: sa.Connection, which: sa.ColumnElement[bool], *, at: datetime, attempts: int
) -> int:
    """Take active jobs from those who are gone; returns how many."""
    numbers = held(connection, which)
    if numbers:
        blame(connection, numbers, WORKER_DIED, at=at, attempts=attempts)
        release(connection, numbers, at=at, resumes=True)
    return len(numbers)


def ask_to_stop(connection: sa.Connection, row: sa.Row[Any], *, at: datetime) -> None:
    """Cancel a job whose row is locked, or let whoever holds it or takes it next do so."""
    changes: dict[str, object] = {}
    if row.state == "queued":
        changes = {"state": "cancelled", "finished": at}
    elif row.state in ACTIVE:
        due = {"publish_due": at} if row.owner is None else {}
        changes = {"cancel_requested": True, **due}
    if changes:
        connection.execute(sa.update(jobs).where(jobs.c.number == row.number).values(changes))


def _fence(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(
        jobs.c.id == claim.job.id,
        jobs.c.owner == claim.owner,
        jobs.c.claims == claim.attempt,
    )
