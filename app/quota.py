"""How many bytes of each person are kept here; used inside their caller's transaction."""

from __future__ import annotations

import sqlalchemy as sa

from app.refusals import QuotaExceeded
from app.tables import jobs, uploads


def used_bytes(connection: sa.Connection, user: str) -> int:
    """Bytes of a person's images, and of their uploads when these are whole."""
    images = sa.select(sa.func.sum(jobs.c.input_bytes)).where(jobs.c.user == user)
    arriving = sa.select(sa.func.sum(uploads.c.length)).where(uploads.c.user == user)
    # PostgreSQL adds big integers up to a decimal.
    return sum(int(connection.scalar(query) or 0) for query in (images, arriving))


def require_quota(connection: sa.Connection, user: str, more: int, *, limit: int | None) -> None:
    """Raise QuotaExceeded when so many more bytes are over the limit; None is no limit."""
    if limit is None:
        return
    used = used_bytes(connection, user)
    if used + more > limit:
        raise QuotaExceeded(used=used, more=more, limit=limit)
