"""The steps that bring a database to the tables of `app.tables`."""

from __future__ import annotations


def migrate(url: str) -> None:
    """Bring the database to the present tables; makes it when it is not there.

    Does nothing to a current one and waits when another process is at it. Raises SettingsError
    when the URL cannot be used or the database comes from a newer version.
    """
    raise NotImplementedError
