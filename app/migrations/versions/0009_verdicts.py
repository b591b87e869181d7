"""An image is judged when it is sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("verdicts", sa.JSON(), nullable=False, server_default="[]"))
