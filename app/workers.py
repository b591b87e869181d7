"""Which workers are there; used by `app.jobs` only."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.job import Worker
from app.tables import workers

REMEMBERED = timedelta(days=1)


def see(connection: sa.Connection, owner: str, device: str, *, at: datetime) -> None:
    """Record that a worker is there; forget those that left without a word long ago."""
    changes: dict[str, object] = {"device": device, "seen": at}
    connection.execute(_upsert(connection.dialect.name, owner, changes))
    connection.execute(sa.delete(workers).where(workers.c.seen < at - REMEMBERED))


def seen_since(connection: sa.Connection, since: datetime) -> list[Worker]:
    """The workers seen since then, the latest first."""
    rows = connection.execute(
        sa.select(workers).where(workers.c.seen >= since).order_by(workers.c.seen.desc())
    )
    return [Worker(owner=row.owner, device=row.device, seen=row.seen) for row in rows]


def forget(connection: sa.Connection, owner: str) -> None:
    """Remove a worker, known or not."""
    connection.execute(sa.delete(workers).where(workers.c.owner == owner))


def _upsert(dialect: str, owner: str, changes: dict[str, object]) -> sa.Insert:
    # Both know ON CONFLICT, SQLAlchemy offers it under the name of each.
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(workers).values(owner=owner, **changes)
    return statement.on_conflict_do_update(index_elements=[workers.c.owner], set_=changes)
