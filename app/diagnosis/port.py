"""The port: free, or held by this service, or by somebody else."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

from app.diagnosis.finding import Finding
from app.door import ANYWHERE, open_door
from app.settings import ServeSettings
from cyclegan.errors import SettingsError

SUBJECT = "port"
PATIENCE_S = 5.0
MOST_BYTES = 1000


def check_port(settings: ServeSettings) -> Iterator[Finding]:
    """Whether the service could listen, or does so already."""
    if _is_ours(settings):
        yield Finding("ok", SUBJECT, f"{settings.port} is held by Color Mapper, which answers")
        return
    try:
        open_door(settings).close()
    except SettingsError as error:
        cause, _, cure = str(error).partition("; ")
        yield Finding("bad", SUBJECT, cause, cure[:1].upper() + cure[1:])
        return
    yield Finding("ok", SUBJECT, f"{settings.port} is free; the service does not run now")


def _is_ours(settings: ServeSettings) -> bool:
    here = ANYWHERE.get(settings.host, settings.host)
    headers = {"Host": settings.trusted_hosts[0]} if settings.trusted_hosts else {}
    connection = http.client.HTTPConnection(here, settings.port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz", headers=headers)
        document = json.loads(connection.getresponse().read(MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    else:
        return bool(document == {"status": "ok"})
    finally:
        connection.close()
