"""Opening the database: SQLite by default, PostgreSQL by URL, with the same promises on both."""

from __future__ import annotations

import sqlalchemy as sa


class DatabaseUnavailable(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The database cannot be used now: locked for too long, or its server is away (503)."""


def open_database(url: str) -> sa.Engine:
    """An engine for the URL; each process opens its own. Raises SettingsError on a bad URL."""
    raise NotImplementedError
