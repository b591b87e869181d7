"""People log in by other services."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "logins",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("account", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_logins"),
        sa.UniqueConstraint("issuer", "subject", name="uq_logins_issuer_subject"),
        sa.UniqueConstraint("account", "issuer", name="uq_logins_account_issuer"),
        sqlite_autoincrement=True,
    )
