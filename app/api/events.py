"""The course of a job as server-sent events: its document, again at each change.

An event's id is the digest of its document: a browser that reconnects says which one it saw last
and is not told the same again. Whoever may not see the job any more is told nothing further.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from threading import BoundedSemaphore
from typing import cast

from flask import Blueprint, Response, copy_current_request_context, current_app, request
from werkzeug.exceptions import ServiceUnavailable

from app import access
from app.api.operation import Operation, describe
from app.auditing import audited
from app.current import services
from app.documents import JobDocument, job_document
from app.job import ENDED
from app.jobs import JobNotFound
from app.rights import needs
from app.services import Services

blueprint = Blueprint("api_events", __name__)

READ_S = 0.5
"""How often the job's row is read."""
HEARTBEAT_S = 15.0
"""After so long without a change a comment shows that the stream is alive."""
RECONNECT_MS = 2000
"""After how long a browser whose stream broke off comes again."""
RETRY_S = 5
"""When a browser that found no free stream may come again."""


class Streams:
    """How many streams may be open at once, and whether they are to end."""

    def __init__(self, limit: int) -> None:
        self.free = BoundedSemaphore(limit)
        self.ending = False
        """Set when the process is asked to stop: it would wait for its streams."""


@blueprint.get("/api/v1/jobs/<job_id>/events")
@audited("list", only_refused=True)
@needs("viewer")
@describe(
    Operation(
        "The job's document as server-sent events, at each change until it has ended",
        {200: ("text/event-stream",), 204: None},
        errors=(404, 503),
        headers={
            "Last-Event-ID": {
                "description": "Id of the last event that was seen; others are passed over.",
                "schema": {"type": "string"},
            }
        },
    )
)
def stream(job_id: str) -> Response:
    """An event stream, 204 when the last event was seen already, 503 when too many are open."""
    seen = request.headers.get("Last-Event-ID", "")
    document = job_document(services(), access.job_to_see(job_id))
    if document.state in ENDED and seen == _event_id(document):
        return Response(status=204)  # tells a browser to stop reconnecting
    streams = cast("Streams", current_app.extensions["streams"])
    if not streams.free.acquire(blocking=False):
        raise ServiceUnavailable(
            "As many progress streams are open as can be; ask for the job itself instead.",
            retry_after=RETRY_S,
        )
    # Each call is a request of its own, which looks again for who sends it.
    may_still_see = copy_current_request_context(access.may_still_see)
    events = _events(services(), job_id, seen, streams, may_still_see)
    response = Response(events, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold the events back
    response.call_on_close(streams.free.release)
    return response


def _events(
    services: Services,
    job_id: str,
    seen: str,
    streams: Streams,
    may_still_see: Callable[[str], bool],
) -> Iterator[str]:
    yield f"retry: {RECONNECT_MS}\n\n"  # sent at once, so that the browser knows it is connected
    spoke = time.monotonic()
    while not streams.ending:
        try:
            document = job_document(services, services.queue.get(job_id))
        except JobNotFound:
            return
        event_id = _event_id(document)
        if event_id != seen or time.monotonic() - spoke > HEARTBEAT_S:
            if not may_still_see(job_id):
                return
            is_new, seen, spoke = event_id != seen, event_id, time.monotonic()
            yield _event(document) if is_new else ": no change\n\n"
        if document.state in ENDED:
            return
        time.sleep(READ_S)


def _event(document: JobDocument) -> str:
    return f"id: {_event_id(document)}\ndata: {document.model_dump_json()}\n\n"


def _event_id(document: JobDocument) -> str:
    return hashlib.sha256(document.model_dump_json().encode()).hexdigest()[:16]
