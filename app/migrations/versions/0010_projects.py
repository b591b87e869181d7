"""Projects, who is in them, and which jobs are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
    )
    op.create_table(
        "members",
        sa.Column("project", sa.Text(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("account", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("project", "account", name="pk_members"),
    )
    op.create_index("ix_members_account", "members", ["account"])
    op.add_column("jobs", sa.Column("project", sa.Text()))
    op.create_index("ix_jobs_project_number", "jobs", ["project", "number"])
