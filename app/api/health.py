"""Whether the service is alive, and whether it can do its work."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from flask import Blueprint, Response, current_app

from app.api.operation import Operation, describe, json_answer
from app.api.readiness import StoreProbe
from app.auditing import audited
from app.current import services
from app.database import DatabaseUnavailable
from app.documents import Health, Readiness
from app.rights import for_anybody
from app.services import Services

blueprint = Blueprint("health", __name__)

MISSED_BEATS = 3
"""A worker is taken for gone when it has been silent for so many heartbeats."""


@blueprint.get("/healthz")
@audited("view", only_refused=True)
@for_anybody
@describe(Operation("The process is alive; nothing else is asked", {200: Health}))
def alive() -> Response:
    """Always ok when it answers at all."""
    return json_answer(Health())


@blueprint.get("/readyz")
@audited("view", only_refused=True)
@for_anybody
@describe(Operation("Database, store and worker answer", {200: Readiness, 503: Readiness}))
def ready() -> Response:
    """200 when all parts answer, 503 and which part does not otherwise."""
    database, worker = _database_and_worker(services())
    store = cast("StoreProbe", current_app.extensions["store_probe"]).ask()
    is_ready = {database, store, worker} == {"ok"}
    document = Readiness(
        status="ok" if is_ready else "not ready", database=database, store=store, worker=worker
    )
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return json_answer(document, status)


def _database_and_worker(services: Services) -> tuple[str, str]:
    try:
        seen = services.queue.workers(MISSED_BEATS * services.settings.heartbeat_s)
    except (DatabaseUnavailable, OSError):
        return "does not answer", "unknown while the database does not answer"
    return "ok", "ok" if seen else "none has shown itself lately"
