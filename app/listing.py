"""The list of jobs, in pages; used by `app.jobs` only."""

from __future__ import annotations

import re

import sqlalchemy as sa

from app.job import Page, State
from app.records import job_of
from app.refusals import BadCursor
from app.scope import Scope
from app.tables import jobs


def page_of(
    connection: sa.Connection,
    *,
    whose: Scope,
    state: State | None,
    limit: int,
    cursor: str | None,
) -> Page:
    """A page, newest first, of a scope and in a state (None: in any); raises BadCursor."""
    query = sa.select(jobs).where(whose.within(jobs))
    query = query.order_by(jobs.c.number.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(jobs.c.state == state)
    if cursor is not None:
        query = query.where(jobs.c.number < _number_of(cursor))
    rows = connection.execute(query).all()
    shown = rows[:limit]
    return Page(
        jobs=tuple(job_of(row) for row in shown),
        next_cursor=str(shown[-1].number) if len(rows) > limit else None,
    )


def _number_of(cursor: str) -> int:
    # Eighteen digits fit into the column.
    if not re.fullmatch("[0-9]{1,18}", cursor):
        raise BadCursor("the cursor is not one that a page gave; leave it out for the newest jobs")
    return int(cursor)
