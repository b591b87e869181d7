"""Time that passes for the queue without anybody waiting."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.database import open_database, writing
from app.services import Services
from app.tables import jobs, removals


def time_passes(services: Services, seconds: float) -> None:
    """Make what is put off due so much sooner, and removals so much older."""
    by = timedelta(seconds=seconds)
    engine = open_database(services.settings.database)
    with writing(engine) as connection:
        waiting = sa.select(jobs.c.number, jobs.c.publish_due).where(
            jobs.c.publish_due.is_not(None)
        )
        for number, due in connection.execute(waiting).all():
            is_it = jobs.c.number == number
            connection.execute(sa.update(jobs).where(is_it).values(publish_due=due - by))
        for row in connection.execute(sa.select(removals)).all():
            values = {"since": row.since - by, "due": row.due - by}
            is_it = removals.c.token == row.token
            connection.execute(sa.update(removals).where(is_it).values(values))
    engine.dispose()
