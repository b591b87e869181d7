"""Who holds which job: the statements by which jobs change hands; used by `app.jobs` only.

    queued ── take ──> running ──> publishing ──> done
       ^                  │            │
       └──── release ─────┴────────────┘   or failed (attempts used up), or cancelled (asked for)

Each works inside its caller's transaction. Rows are locked in the order lapsed jobs, queued job,
turns, so that no two transactions of a server wait for each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from app.database import UtcDateTime
from app.fairness import Line, Name, fair_order
from app.job import ACTIVE, Claim, State
from app.refusals import LeaseLost
from app.tables import jobs, turns

QUEUED = jobs.c.state == "queued"
LOST = "the job was taken over, has ended or is gone"
UNHELD = {"owner": None, "lease_until": None}
NO_PROGRESS = {
    "tiles_done": 0,
    "tiles_total": 0,
    "rate_since": None,
    "rate_until": None,
    "rate_tiles": None,
}


def write(
    connection: sa.Connection, claim: Claim, states: Sequence[State], values: Mapping[str, object]
) -> sa.Row[Any]:
    """Change the claim's job if it is still the claim's; raises LeaseLost."""
    row = connection.execute(
        sa.update(jobs).where(_fence(claim, states)).values(values).returning(jobs)
    ).one_or_none()
    if row is None:
        raise LeaseLost(LOST)
    return row


def progress_at(at: datetime, done: int, total: int) -> dict[str, object]:
    """The values that record progress; the attempt's first ones stay as where its rate begins."""
    return {
        "tiles_done": done,
        "tiles_total": total,
        "rate_since": sa.func.coalesce(jobs.c.rate_since, sa.literal(at, UtcDateTime())),
        "rate_until": at,
        "rate_tiles": sa.func.coalesce(jobs.c.rate_tiles, done),
    }


def held_by(connection: sa.Connection, claim: Claim) -> Sequence[int]:
    """The number of the claim's job, locked until the end; raises LeaseLost."""
    numbers = held(connection, _fence(claim, ACTIVE))
    if not numbers:
        raise LeaseLost(LOST)
    return numbers


def in_turn(connection: sa.Connection) -> Iterator[int]:
    """The numbers of the queued jobs, the next one first; lazy.

    Those that were interrupted through no fault of their own come before all others.
    """
    yield from connection.scalars(
        sa.select(jobs.c.number).where(QUEUED, jobs.c.resumes).order_by(jobs.c.number)
    ).all()
    passed: Counter[Name] = Counter()
    for line in _lines_in_turn(connection):
        this_one = _of_line(line.user, line.batch).offset(passed[line.name]).limit(1)
        # Other workers of a server may have emptied the line since it was counted.
        if (number := connection.scalar(this_one)) is not None:
            yield number
        passed[line.name] += 1


def place_of(connection: sa.Connection, row: sa.Row[Any]) -> int:
    """How many jobs are claimed up to and with this queued one."""
    resuming = sa.select(jobs.c.number).where(QUEUED, jobs.c.resumes)
    if row.resumes:
        return _count(connection, resuming.where(jobs.c.number <= row.number))
    ahead_in_line = _of_line(row.user, row.batch).where(jobs.c.number < row.number)
    name = (row.user, row.batch)
    places = (n for n, line in enumerate(_lines_in_turn(connection), 1) if line.name == name)
    place = next(islice(places, _count(connection, ahead_in_line), None))
    return _count(connection, resuming) + place


def _count(connection: sa.Connection, query: sa.Select[int]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()


def _lines_in_turn(connection: sa.Connection) -> Iterator[Line]:
    lines = connection.execute(
        sa.select(jobs.c.user, jobs.c.batch, sa.func.min(jobs.c.number), sa.func.count())
        .where(QUEUED, ~jobs.c.resumes)
        .group_by(jobs.c.user, jobs.c.batch)
    ).all()
    served = connection.execute(
        sa.select(
            turns.c.user, turns.c.batch, sa.func.max(turns.c.newest), sa.func.max(turns.c.number)
        ).group_by(turns.c.user, turns.c.batch)
    ).all()
    return fair_order(
        [Line(*row) for row in lines],
        {(user, batch): (newest, number) for user, batch, newest, number in served},
    )


def _of_line(user: str, batch: str | None) -> sa.Select[int]:
    return (
        sa.select(jobs.c.number)
        .where(QUEUED, ~jobs.c.resumes, jobs.c.user == user, jobs.c.batch == batch)
        .order_by(jobs.c.number)
    )


def take(
    connection: sa.Connection, number: int, *, owner: str, at: datetime, lease_until: datetime
) -> sa.Row[Any] | None:
    """The row of a queued job, now the owner's; None if somebody else is taking it right now."""
    free = sa.select(jobs.c.number).where(QUEUED, jobs.c.number == number)
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


def take_turn(connection: sa.Connection, user: str, batch: str | None) -> None:
    """Send a line to the end of the ring; forget the turns that no longer decide anything.

    A turn counts only while a job waits that is older: whoever arrives is at the end anyway.
    """
    oldest = sa.select(sa.func.min(jobs.c.number)).where(QUEUED).scalar_subquery()
    past = sa.or_(
        sa.and_(turns.c.user == user, turns.c.batch == batch),
        oldest.is_(None),
        turns.c.newest < oldest,
    )
    old = sa.select(turns.c.number).where(past).with_for_update(skip_locked=True)
    connection.execute(sa.delete(turns).where(turns.c.number.in_(old)))
    newest = sa.select(sa.func.max(jobs.c.number)).scalar_subquery()
    connection.execute(sa.insert(turns).values(user=user, batch=batch, newest=newest))


def held(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Sequence[int]:
    """The numbers of the active jobs for which a condition holds, locked until the end."""
    return connection.scalars(
        sa.select(jobs.c.number)
        .where(jobs.c.state.in_(ACTIVE), which)
        .order_by(jobs.c.number)
        .with_for_update()
    ).all()


def blame(
    connection: sa.Connection,
    numbers: Sequence[int],
    why: tuple[str, str],
    *,
    at: datetime,
    attempts: int,
) -> None:
    """Those of the active jobs that have used up their attempts fail; `why` is code and message."""
    code, message = why
    connection.execute(
        sa.update(jobs)
        .where(_active(numbers), ~jobs.c.cancel_requested, jobs.c.attempts >= attempts)
        .values(state="failed", finished=at, error_code=code, error_message=message, **UNHELD)
    )


def release(
    connection: sa.Connection, numbers: Sequence[int], *, at: datetime, **changes: object
) -> None:
    """Those that are still active wait again, or are `cancelled` if that was asked for."""
    connection.execute(
        sa.update(jobs)
        .where(_active(numbers), jobs.c.cancel_requested)
        .values(state="cancelled", finished=at, **UNHELD)
    )
    values = {"state": "queued", "started": None, **NO_PROGRESS, **UNHELD, **changes}
    connection.execute(sa.update(jobs).where(_active(numbers)).values(values))


def _fence(claim: Claim, states: Sequence[State]) -> sa.ColumnElement[bool]:
    return sa.and_(
        jobs.c.id == claim.job.id,
        jobs.c.owner == claim.owner,
        jobs.c.claims == claim.attempt,
        jobs.c.state.in_(states),
    )


def _active(numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    return sa.and_(jobs.c.number.in_(numbers), jobs.c.state.in_(ACTIVE))
