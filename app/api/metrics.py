"""The figures of the service, in the text format of Prometheus."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.api.operation import Operation, describe
from app.auditing import audited
from app.metrics import Metrics
from app.rights import needs

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@audited("view", only_refused=True)
@needs("viewer")
@describe(Operation("Figures for Prometheus", {200: ("text/plain",)}, errors=(503,)))
def show() -> Response:
    """All metrics as they stand."""
    metrics = cast("Metrics", current_app.extensions["metrics"])
    return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)
