"""Links to one result that are made on purpose, end, and can be revoked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("job", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_shares"),
        sa.UniqueConstraint("digest", name="uq_shares_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_shares_job", "shares", ["job"])
