"""Jobs that are handed over to a publisher, and objects that are still to be removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("jobs", sa.Column("publish_due", TIME))
    op.add_column(
        "jobs", sa.Column("publish_tries", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("jobs", sa.Column("publish_code", sa.Text()))
    op.add_column("jobs", sa.Column("publish_message", sa.Text()))
    op.create_index("ix_jobs_publish_due", "jobs", ["publish_due"])
    op.create_table(
        "removals",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", TIME, nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("token", name="pk_removals"),
    )
    op.create_index("ix_removals_due", "removals", ["due"])
