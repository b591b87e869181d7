"""The port: free, or held by this service, or by somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis.finding import Finding
from app.door import WATCHER_S, answers, open_door
from app.settings import ServeSettings
from cyclegan.errors import SettingsError

SUBJECT = "port"


def check_port(settings: ServeSettings) -> Iterator[Finding]:
    """Whether the service could listen, or does so already."""
    if answers(settings, within_s=WATCHER_S):
        yield Finding("ok", SUBJECT, f"{settings.port} is held by Color Mapper, which answers")
        return
    try:
        open_door(settings).close()
    except SettingsError as error:
        cause, _, cure = str(error).partition("; ")
        yield Finding("bad", SUBJECT, cause, cure[:1].upper() + cure[1:])
        return
    yield Finding("ok", SUBJECT, f"{settings.port} is free; the service does not run now")
