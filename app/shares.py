"""Links to one result, made on purpose for people without an account; they end, and can be revoked.

Of a link's secret only a hash is kept. All methods are safe across threads and processes; besides
what they name they raise what `app.jobs` does of disk and database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.database import now, reading, writing
from app.job import Job
from app.records import job_of, row_by
from app.refusals import ShareGone
from app.secrecy import digest, fresh
from app.tables import jobs, shares

GONE = (
    "this link was revoked, has ended, or was not copied whole; ask whoever sent it for a new one"
)


@dataclass(frozen=True)
class Share:
    """A link, without its secret."""

    number: int
    """Never used again; names the link in the audit log."""
    user: str
    """Who made it."""
    created: datetime
    until: datetime


class Shares:
    """The links of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def make(self, job_id: str, *, user: str, days: int) -> tuple[Share, str]:
        """A link to a job's result for so many days, and its secret, which is told only here.

        Raises JobNotFound.
        """
        secret = fresh()
        with writing(self._engine) as connection:
            job, at = row_by(connection, jobs.c.id, job_id, locked=True), now(connection)
            connection.execute(sa.delete(shares).where(shares.c.until <= at))
            values = {
                "job": job.number,
                "digest": digest(secret),
                "user": user,
                "created": at,
                "until": at + timedelta(days=days),
            }
            row = connection.execute(sa.insert(shares).values(values).returning(shares)).one()
            return _share_of(row), secret

    def of(self, job_id: str) -> list[Share]:
        """The links to a job's result that still open, the newest first; raises JobNotFound."""
        with reading(self._engine) as connection:
            job = row_by(connection, jobs.c.id, job_id)
            still = sa.and_(shares.c.job == job.number, shares.c.until > now(connection))
            rows = connection.execute(
                sa.select(shares).where(still).order_by(shares.c.number.desc())
            )
            return [_share_of(row) for row in rows]

    def find(self, secret: str) -> tuple[Share, Job]:
        """The link that has a secret, and the job that it opens; raises ShareGone."""
        with reading(self._engine) as connection:
            still = sa.and_(shares.c.digest == digest(secret), shares.c.until > now(connection))
            share = connection.execute(sa.select(shares).where(still)).one_or_none()
            job = (
                share
                and connection.execute(
                    sa.select(jobs).where(jobs.c.number == share.job)
                ).one_or_none()
            )
            if share is None or job is None:
                raise ShareGone(GONE)
            return _share_of(share), job_of(job)

    def revoke(self, job_id: str, number: int) -> None:
        """End a link to a job's result at once; one that is not there stays so.

        Raises JobNotFound.
        """
        with writing(self._engine) as connection:
            job = row_by(connection, jobs.c.id, job_id)
            this = sa.and_(shares.c.job == job.number, shares.c.number == number)
            connection.execute(sa.delete(shares).where(this))


def _share_of(row: sa.Row[Any]) -> Share:
    return Share(row.number, row.user, row.created, row.until)
