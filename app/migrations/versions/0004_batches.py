"""Batches have ids that cannot be guessed, and jobs are found by what was sent."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("batch_id", sa.Text()))
    op.add_column("jobs", sa.Column("file_mpp", sa.Float()))
    op.create_index("ix_jobs_user_batch", "jobs", ["user", "batch"])
    _name_batches(op.get_bind())
    op.create_index("ix_jobs_batch_id_number", "jobs", ["batch_id", "number"])
    op.create_index("ix_jobs_input_sha256_number", "jobs", ["input_sha256", "number"])


def _name_batches(connection: sa.Connection) -> None:
    columns = [sa.column(name, sa.Text()) for name in ("user", "batch", "batch_id")]
    jobs = sa.table("jobs", *columns)
    senders = sa.select(jobs.c.user, jobs.c.batch).where(jobs.c.batch.is_not(None)).distinct()
    for user, batch in connection.execute(senders).all():
        connection.execute(
            sa.update(jobs)
            .where(jobs.c.user == user, jobs.c.batch == batch)
            .values(batch_id=secrets.token_urlsafe(16))
        )
