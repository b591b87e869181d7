"""Progress is a part of the whole image's work, of which patches are only one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("progress", sa.Float(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("rate_from", sa.Float()))
    # Of jobs that have ended; those under way tell again how far they are.
    op.execute("UPDATE jobs SET progress = 1.0 * tiles_done / tiles_total WHERE tiles_total > 0")
    for name in ("tiles_done", "tiles_total", "rate_tiles"):
        op.drop_column("jobs", name)
