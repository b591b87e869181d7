"""What is noted of every request: its number, its figures, and a line in the log."""

from __future__ import annotations

import logging
import os
import time
from urllib.parse import quote

from flask import Flask, Response, current_app, g, request

from app.access import sender
from app.requestid import request_id
from app.security import SAFE_METHODS

log = logging.getLogger("app.requests")

METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}


def observe(app: Flask) -> None:
    """Note every request of the application."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.monotonic()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    seconds = time.monotonic() - g.began
    _count(response.status_code, seconds)
    # Reading happens all the time; what changes something or fails is worth a line.
    worth = request.method not in SAFE_METHODS or response.status_code >= 400
    log.log(
        logging.INFO if worth else logging.DEBUG,
        "%s %s %d %.0f ms %s %s",
        request.method,
        _path(),
        response.status_code,
        seconds * 1000,
        sender(),
        request_id(),
    )
    return response


def _path() -> str:
    """The path of this request, without the secret of an address that opens for whoever has it."""
    secret = (request.view_args or {}).get("secret")
    path = quote(request.path)
    return path.replace(quote(secret), "***") if secret else path


def _count(status: int, seconds: float) -> None:
    metrics = current_app.extensions["metrics"]
    # Names that clients can make up would make up new time series.
    method = request.method if request.method in METHODS else "other"
    route = request.url_rule.rule if request.url_rule else "none"
    metrics.requests.labels(method, route, str(status)).inc()
    metrics.seconds.labels(method, route).observe(seconds)
    for file in request.spooled:  # type: ignore[attr-defined]
        metrics.uploads.inc()
        metrics.upload_bytes.inc(os.fstat(file.fileno()).st_size)
