"""The queued jobs in the order of `app.fairness`; used by `app.jobs` only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from app.fairness import Line, Name, fair_order
from app.tables import jobs, turns

QUEUED = jobs.c.state == "queued"


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
