"""The list of jobs, in pages; used by `app.jobs` and `app.batches` only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.job import Job, Page, State
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
        query = query.where(jobs.c.number < number_of(cursor))
    return cut(connection.execute(query).all(), limit)


def done_with(
    connection: sa.Connection, sha256: str, *, model: str, whose: Scope, limit: int
) -> list[Job]:
    """The latest jobs of a scope that a model has done of exactly these bytes, newest first."""
    same = (jobs.c.input_sha256 == sha256, jobs.c.model == model, jobs.c.state == "done")
    query = sa.select(jobs).where(*same, whose.within(jobs))
    rows = connection.execute(query.order_by(jobs.c.number.desc()).limit(limit)).all()
    return [job_of(row) for row in rows]


def cut(rows: Sequence[sa.Row[Any]], limit: int) -> Page:
    """A page of the first `limit` rows; one more than these says that another page follows."""
    shown = rows[:limit]
    return Page(
        jobs=tuple(job_of(row) for row in shown),
        next_cursor=str(shown[-1].number) if len(rows) > limit else None,
    )


def number_of(cursor: str) -> int:
    """The job's number that a cursor stands for; raises BadCursor."""
    # Eighteen digits fit into the column.
    if not re.fullmatch("[0-9]{1,18}", cursor):
        raise BadCursor("the cursor is not one that a page gave; leave it out for the newest jobs")
    return int(cursor)
