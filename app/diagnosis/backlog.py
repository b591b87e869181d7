"""What waits for the store: results to be published and objects to be removed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from app.database import DatabaseUnavailable, open_database
from app.diagnosis.database import is_missing
from app.diagnosis.finding import Finding
from app.jobs import JobQueue
from app.scope import EVERYBODYS
from app.services import queue_on
from app.settings import ServeSettings
from cyclegan.errors import SettingsError

SUBJECT = "publishing"


def check_backlog(settings: ServeSettings) -> Iterator[Finding]:
    """How many results wait for the store, and how many removals have failed."""
    try:
        if is_missing(settings):
            yield Finding("ok", SUBJECT, "nothing has been translated yet")
        else:
            yield from _read(settings)
    except (SettingsError, DatabaseUnavailable, SQLAlchemyError, OSError):
        text = "what waits cannot be counted, as the database does not answer or is not up to date"
        yield Finding("skip", SUBJECT, text)


def _read(settings: ServeSettings) -> Iterator[Finding]:
    engine = open_database(settings.database)
    try:
        yield from _counted(queue_on(engine, settings))
    finally:
        engine.dispose()


def _counted(queue: JobQueue) -> Iterator[Finding]:
    waiting = queue.counts()["publishing"]
    failing = queue.removals(EVERYBODYS)
    if failing:
        many = "1 deleted image is" if len(failing) == 1 else f"{len(failing)} deleted images are"
        text = f"{many} still stored: {failing[0].error}"
        cure = "They are removed once the store answers; its lines here say what is wrong"
        yield Finding("warn", SUBJECT, text, cure)
    if waiting or not failing:
        results = {0: "nothing waits", 1: "1 result waits"}.get(waiting, f"{waiting} results wait")
        yield Finding("ok", SUBJECT, f"{results} for the store")
