"""The steps that bring a database to the tables of `app.tables`, run from code.

A new step is a file in `versions/`; a test compares what all of them make with the tables.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from app import disk
from app.database import lock, open_database, parse_url, writing
from cyclegan.errors import SettingsError

MIGRATING = 2
"""The lock under which two processes that start at once take turns."""


def migrate(url: str) -> None:
    """Bring the database to the present tables; makes it when it is not there.

    Does nothing to a current one and waits when another process is at it; all or nothing. Raises
    SettingsError when the URL cannot be used or the database comes from a newer version.
    """
    _make_folder(parse_url(url))
    engine = open_database(url)
    try:
        with writing(engine) as connection:
            lock(connection, MIGRATING)
            command.upgrade(config_of(connection), "head")
    except CommandError as error:
        raise SettingsError(
            "the database was made by another, newer version of Color Mapper; install that "
            "version, or name another database_url"
        ) from error
    finally:
        engine.dispose()


def _make_folder(url: sa.URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database:
        disk.make_folder(Path(url.database).absolute().parent)


def config_of(connection: sa.Connection) -> Config:
    """What Alembic needs to know to work on a connection, within its transaction."""
    config = Config()
    # Alembic expands % in what it is given.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
