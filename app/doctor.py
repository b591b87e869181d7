"""What is well with an installation and what is not: every check there is, one after the other.

The doctor needs no running service and changes nothing, but for a test object that comes and goes
and, when asked to, the age at which buckets remove objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from app.database import DatabaseUnavailable
from app.diagnosis.backlog import check_backlog
from app.diagnosis.configuration import read_configuration
from app.diagnosis.database import check_database
from app.diagnosis.finding import Finding
from app.diagnosis.folder import check_folder
from app.diagnosis.gpu import check_gpu
from app.diagnosis.model import check_model
from app.diagnosis.port import check_port
from app.diagnosis.sign_on import check_sign_on
from app.settings import Mode, ServeSettings
from app.stores.store import StoreUnavailable
from cyclegan.errors import ColorMapperError

Check = Callable[[ServeSettings], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "data folder": check_folder,
    "database": check_database,
    "model": check_model,
    "gpu": check_gpu,
    "port": check_port,
    "login": check_sign_on,
    "publishing": check_backlog,
}
"""What is looked at on this machine."""
FORESEEN = (
    ColorMapperError,
    DatabaseUnavailable,
    ImportError,
    OSError,
    SQLAlchemyError,
    StoreUnavailable,
)
"""What a check may end with; the others go on."""


def diagnose(
    environ: Mapping[str, str], *, mode: Mode | None = None, set_retention: bool = False
) -> Iterator[Finding]:
    """Look at everything; each finding comes as soon as it is there.

    Without a mode it is the one that the settings are made for. `set_retention` puts the
    settings' `retention_days` in force.
    """
    configuration = read_configuration(environ, mode=mode)
    yield configuration.finding
    if configuration.is_store_given:
        check_store = partial(_check_store, set_retention=set_retention)
        yield from _guarded("store", check_store, configuration.settings)
    else:
        yield Finding("skip", "store", "not asked, as its settings cannot be used")
    for subject, check in CHECKS.items():
        yield from _guarded(subject, check, configuration.settings)


def _check_store(settings: ServeSettings, *, set_retention: bool) -> Iterator[Finding]:
    if settings.store == "gcs":
        from app.diagnosis.cloud import check_cloud  # brings Google's client

        yield from check_cloud(settings, set_retention=set_retention)
    else:
        text = f"{settings.store}: results stay on this machine, and links lead to this service"
        yield Finding("ok", "store", text)


def _guarded(subject: str, check: Check, settings: ServeSettings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except FORESEEN as error:
        yield Finding("bad", subject, f"could not be looked at: {error}")
