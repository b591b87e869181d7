"""What the jobs come to, taken together; used by `app.jobs` only."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.job import STATES, State
from app.tables import jobs


def count_states(connection: sa.Connection) -> dict[State, int]:
    """How many jobs are in each state; every state is there."""
    query = sa.select(jobs.c.state, sa.func.count().label("jobs")).group_by(jobs.c.state)
    found = {row.state: row.jobs for row in connection.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def count_queued(connection: sa.Connection, user: str | None = None) -> int:
    """How many jobs wait, of a user (None: of all)."""
    query = sa.select(sa.func.count()).where(jobs.c.state == "queued")
    if user is not None:
        query = query.where(jobs.c.user == user)
    return connection.execute(query).scalar_one()


def oldest_queued(connection: sa.Connection) -> datetime | None:
    """When the job was made that has waited for longest; None when none waits."""
    query = sa.select(sa.func.min(jobs.c.created)).where(jobs.c.state == "queued")
    oldest: datetime | None = connection.execute(query).scalar_one()
    return oldest
