"""Jobs handed over to be published: the statements about them; used by `app.jobs` only.

    hand over ──> due, held by nobody ── take_publication ──> held by a publisher ──> ended
                          ^                                            │
                          └────── put off, given back, released ───────┘

A job is handed over for as long as `publish_due` is set: the result is safe on this machine, so it
never waits for a worker again, whatever happens to those who publish it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.database import UtcDateTime
from app.tables import jobs

HANDED_OVER = jobs.c.publish_due.is_not(None)
NOT_PUBLISHING: dict[str, object] = {
    "publish_due": None,
    "publish_tries": 0,
    "publish_code": None,
    "publish_message": None,
}


def take_publication(
    connection: sa.Connection, *, owner: str, at: datetime, lease_until: datetime
) -> sa.Row[Any] | None:
    """The row of the job that has been due for longest, now the owner's; None if none is due."""
    # One that another publisher is taking right now is passed over.
    longest_due = (
        sa.select(jobs.c.number)
        .where(jobs.c.publish_due <= at, jobs.c.owner.is_(None))
        .order_by(jobs.c.publish_due, jobs.c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    values = {"owner": owner, "claims": jobs.c.claims + 1, "lease_until": lease_until}
    return connection.execute(
        sa.update(jobs).where(jobs.c.number == longest_due).values(values).returning(jobs)
    ).first()


def put_off_at(at: datetime, code: str, message: str, *, delay_s: float) -> dict[str, object]:
    """The values that record a try that failed; who waits for the job's end waits no longer."""
    later = at + timedelta(seconds=delay_s)
    due = sa.case((jobs.c.cancel_requested, sa.literal(at, UtcDateTime())), else_=later)
    return {
        "publish_due": due,
        "publish_tries": jobs.c.publish_tries + 1,
        "publish_code": code,
        "publish_message": message,
    }
