"""The queue: jobs, whose turn it was, and workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text()),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("mpp", sa.Float()),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("input_name", sa.Text(), nullable=False),
        sa.Column("input_bytes", sa.BigInteger(), nullable=False),
        sa.Column("input_sha256", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("tiles_done", sa.Integer(), nullable=False),
        sa.Column("tiles_total", sa.Integer(), nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("started", TIME),
        sa.Column("finished", TIME),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.Column("provenance", sa.JSON()),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("lease_until", TIME),
        sa.Column("resumes", sa.Boolean(), nullable=False),
        sa.Column("rate_since", TIME),
        sa.Column("rate_until", TIME),
        sa.Column("rate_tiles", sa.Integer()),
        sa.PrimaryKeyConstraint("number", name="pk_jobs"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
        sa.UniqueConstraint("token", name="uq_jobs_token"),
        sa.UniqueConstraint("user", "idempotency_key", name="uq_jobs_user_idempotency_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_jobs_state_resumes_user_batch_number",
        "jobs",
        ["state", "resumes", "user", "batch", "number"],
    )
    op.create_index("ix_jobs_user_number", "jobs", ["user", "number"])
    op.create_table(
        "turns",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text()),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_turns"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "workers",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("seen", TIME, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_workers"),
    )
