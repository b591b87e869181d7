"""Regions of images, translated to compare models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
INDEXES = {
    "ix_trials_job": ["job"],
    "ix_trials_created": ["created"],
    "ix_trials_state_number": ["state", "number"],
    "ix_trials_user_state": ["user", "state"],
}


def upgrade() -> None:
    op.create_table(
        "trials",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job", NUMBER, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("y", "x", "height", "width")),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("started", TIME),
        sa.Column("finished", TIME),
        sa.Column("made", sa.JSON()),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.Column("owner", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", TIME),
        sa.PrimaryKeyConstraint("number", name="pk_trials"),
        sa.UniqueConstraint("id", name="uq_trials_id"),
        sa.ForeignKeyConstraint(["job"], ["jobs.number"], name="fk_trials_job", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "trials", columns)
