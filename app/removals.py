"""What is still to be removed from the stores; used by `app.jobs` only.

There is one for a token at most. Who still works on an earlier one of the same token changes
nothing about one that was asked for since.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.job import Removal
from app.scope import Scope
from app.tables import removals

FIELDS = tuple(field.name for field in fields(Removal))
FAILING = removals.c.error.is_not(None)


def ask_removal(connection: sa.Connection, job: sa.Row[Any], *, at: datetime) -> None:
    """Have all of a job's objects removed, due now; asking again begins anew.

    The caller has locked the job's row, so that nobody else asks for the same at once.
    """
    connection.execute(sa.delete(removals).where(removals.c.token == job.token))
    values = {name: job._mapping[name] for name in ("token", "month", "name", "user")}
    connection.execute(sa.insert(removals).values(**values, since=at, due=at, tries=0))


def due_at(connection: sa.Connection, at: datetime) -> list[Removal]:
    """The removals that are due, the longest due first."""
    query = sa.select(removals).where(removals.c.due <= at)
    rows = connection.execute(query.order_by(removals.c.due, removals.c.token))
    return [_removal_of(row) for row in rows]


def failing(connection: sa.Connection, whose: Scope) -> list[Removal]:
    """The removals of a scope whose last try failed, the oldest first."""
    query = sa.select(removals).where(FAILING, whose.within(removals))
    rows = connection.execute(query.order_by(removals.c.since, removals.c.token))
    return [_removal_of(row) for row in rows]


def count_failing(connection: sa.Connection) -> int:
    """How many removals failed at their last try."""
    query = sa.select(sa.func.count()).select_from(removals).where(FAILING)
    return connection.execute(query).scalar_one()


def postpone(
    connection: sa.Connection, removal: Removal, *, message: str | None, due: datetime
) -> None:
    """Make a removal due later, for the reason of the message or (None) to look once more."""
    tries = removals.c.tries + (0 if message is None else 1)
    values = {"error": message, "tries": tries, "due": due}
    connection.execute(sa.update(removals).where(_is(removal)).values(values))


def forget_removal(connection: sa.Connection, removal: Removal) -> None:
    """There is nothing left to remove."""
    connection.execute(sa.delete(removals).where(_is(removal)))


def _is(removal: Removal) -> sa.ColumnElement[bool]:
    return sa.and_(removals.c.token == removal.token, removals.c.since <= removal.since)


def _removal_of(row: sa.Row[Any]) -> Removal:
    return Removal(**{name: row._mapping[name] for name in FIELDS})
