"""Databases with the present tables, copied from one that was migrated: steps take 0.1 s a time."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from app import disk
from app.migrations import migrate


def make_database(url: str) -> None:
    """What `migrate` does, for tests of something else; quick where there is no database yet."""
    parsed = sa.make_url(url)
    path = Path(parsed.database or "")
    if parsed.get_backend_name() != "sqlite" or path.exists():
        migrate(url)
        return
    disk.make_folder(path.absolute().parent)
    path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        migrate(f"sqlite:///{path}")
        assert list(path.parent.iterdir()) == [path], "some of it is still in another file"
        return path.read_bytes()
