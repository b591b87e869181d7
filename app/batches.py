"""Images that were sent together: their id, how far they are, which they are; for `app.jobs` only.

A sender names a batch as they like, and two senders may use one name. The id is made here, one for
each pair of sender and name, and opens the batch's page; it lasts as long as one of its jobs.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from app.job import STATES, Batch, NewJob, Page
from app.listing import cut, number_of
from app.pace import Step, part_done
from app.pace import seconds_left as seconds_left_of
from app.records import MADE_HERE, seconds_left
from app.refusals import BatchNotFound
from app.scope import Scope
from app.tables import jobs

ID_BYTES = 16
PACED_BY = (
    *(jobs.c.user, jobs.c.state, jobs.c.height, jobs.c.width, jobs.c.progress, jobs.c.created),
    *(jobs.c.started, jobs.c.finished, jobs.c.rate_since, jobs.c.rate_until, jobs.c.rate_from),
)
"""Light columns: a page asks for them every other second."""


def batch_id_of(connection: sa.Connection, new: NewJob) -> str | None:
    """The id of the batch that a new job joins, or begins; None for one that is sent alone.

    Two jobs of a new batch get the same one only if their submissions take turns.
    """
    if new.batch is None:
        return None
    query = sa.select(jobs.c.batch_id).where(jobs.c.user == new.user, jobs.c.batch == new.batch)
    return connection.scalar(query.limit(1)) or secrets.token_urlsafe(ID_BYTES)


def batch_of(connection: sa.Connection, id: str, *, whose: Scope) -> Batch:  # noqa: A002 - its field
    """How the batch stands, as far as its jobs are in the scope; raises BatchNotFound."""
    mine = sa.and_(jobs.c.batch_id == id, whose.within(jobs))
    query = sa.select(*PACED_BY).where(mine).order_by(jobs.c.number)
    rows = connection.execute(query).all() if MADE_HERE.fullmatch(id) else []
    if not rows:
        raise BatchNotFound("there is no such batch; its images may have been deleted")
    steps = [
        Step(
            state=row.state,
            pixels=row.height * row.width,
            progress=row.progress,
            created=row.created,
            started=row.started,
            finished=row.finished,
            eta_s=seconds_left(row),
        )
        for row in rows
    ]
    return Batch(
        id=id,
        user=rows[0].user,
        created=rows[0].created,
        counts={state: sum(step.state == state for step in steps) for state in STATES},
        progress=part_done(steps),
        eta_s=seconds_left_of(steps),
    )


def page_of_batch(
    connection: sa.Connection,
    id: str,  # noqa: A002
    *,
    whose: Scope,
    limit: int,
    cursor: str | None,
) -> Page:
    """A page of a batch's jobs, the first sent first; raises BadCursor."""
    query = sa.select(jobs).where(jobs.c.batch_id == id, whose.within(jobs))
    query = query.order_by(jobs.c.number).limit(limit + 1)
    if cursor is not None:
        query = query.where(jobs.c.number > number_of(cursor))
    return cut(connection.execute(query).all(), limit)
