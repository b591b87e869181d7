"""The database: whether it answers, and whether its tables are those of this version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app import migrations
from app.database import DatabaseUnavailable, open_database, parse_url, reading
from app.diagnosis.finding import Finding
from app.settings import ServeSettings
from cyclegan.errors import SettingsError

SUBJECT = "database"
START = {"local": "bash run_flask.sh local", "server": "bash run_flask.sh"}


def check_database(settings: ServeSettings) -> Iterator[Finding]:
    """Whether it answers and is up to date; one that is not there yet is not made."""
    try:
        url = parse_url(settings.database)
    except SettingsError as error:
        yield Finding("bad", SUBJECT, str(error))
        return
    if is_missing(settings):
        yield Finding("ok", SUBJECT, f"{url.database} is made by the first start")
        return
    name = _name(url)
    try:
        met, ours = _revisions(settings)
    except (DatabaseUnavailable, sa.exc.SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).partition("\n")[0]
        yield Finding("bad", SUBJECT, f"{name} does not answer: {cause}", _cure(url))
        return
    yield _age(name, met, ours, START[settings.mode])


def is_missing(settings: ServeSettings) -> bool:
    """Whether the first start has yet to make the database."""
    url = parse_url(settings.database)
    return url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists()


def _name(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def _revisions(settings: ServeSettings) -> tuple[set[str], list[str]]:
    """The steps that the database stands at, and all of ours, the newest first."""
    engine = open_database(settings.database)
    try:
        with reading(engine) as connection:
            met = set(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    return met, [step.revision for step in script.walk_revisions()]


def _age(name: str, met: set[str], ours: list[str], start: str) -> Finding:
    if met == {ours[0]}:
        return Finding("ok", SUBJECT, f"{name} answers and is up to date")
    if met <= set(ours):
        text = f"{name} has the tables of an older version, or none"
        return Finding("warn", SUBJECT, text, f"A start brings it up to date: {start}")
    text = f"{name} was made by another, newer version of Color Mapper"
    cure = "Install that version, or name another database: COLORMAPPER_DATABASE_URL=..."
    return Finding("bad", SUBJECT, text, cure)


def _cure(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"Put a copy from a backup in its place, or look at the file: ls -l {url.database}"
    port = url.port or 5432
    return f"See whether its server runs and lets you in: pg_isready -h {url.host} -p {port}"
