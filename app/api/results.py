"""The files of jobs: whole, in ranges, or only their headers; from this machine or through it.

A file that is in a bucket passes through in pieces, so that memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from typing import Any, BinaryIO

from flask import Blueprint, Response, request
from werkzeug.exceptions import PreconditionFailed
from werkzeug.http import parse_range_header

from app import access, objects
from app.api.operation import Operation, describe
from app.auditing import about, audited
from app.current import services
from app.job import Job
from app.rights import needs
from app.stores.disposition import disposition
from app.stores.store import NotStored, StoredObject, StoreUnavailable

blueprint = Blueprint("results", __name__)

MEDIA_TYPES = tuple(objects.CONTENT_TYPES.values())
PIECE_BYTES = 256 * 2**10
"""What is held of a file at a time."""


@blueprint.get("/results/<token>/<name>")
@audited("download")
@needs("viewer")
@describe(
    Operation(
        "A file of a job: input, result, preview or record",
        {200: MEDIA_TYPES, 206: MEDIA_TYPES, 304: None},
        errors=(404, 412, 416, 503),
    )
)
def show(token: str, name: str) -> Response:
    """The object of this name that belongs to the job of this token."""
    job = access.job_of_token(token)
    if name != job.input_name and name not in objects.ENDINGS:
        raise NotStored(name)  # no bucket is asked for what anybody can make up
    about(f"job:{job.id}/{name}", action="view" if name in objects.PREVIEWS else "download")
    return answer(job, name)


def answer(job: Job, name: str) -> Response:
    """The bytes of a job's object, or the part that this request asks for; raises NotStored."""
    stored, file = objects.opened(services(), job, name)
    with ExitStack() as held:
        held.callback(file.close)
        response = _described(stored)
        if request.method == "GET" and response.status_code in {200, 206}:
            pieces = _pieces(file, *_span(response, stored))
            # A store that fails by now can still be told of; later, only the connection can end.
            response.response = chain([next(pieces, b"")], pieces)
            response.call_on_close(held.pop_all().close)
    return response


def _described(stored: StoredObject) -> Response:
    """The answer without its body, to as much as was asked for: all, a part, or nothing new."""
    response = Response(mimetype=stored.content_type)
    response.headers["Content-Disposition"] = disposition(stored.download_name, stored.content_type)
    response.headers["Cache-Control"] = "private, no-cache"  # asked again: it may be deleted
    response.content_length = stored.size
    response.set_etag(stored.sha256)
    meant = _as_meant(request.environ, stored.size)
    response.make_conditional(meant, accept_ranges=True, complete_length=stored.size)
    if response.status_code == PreconditionFailed.code:
        raise PreconditionFailed("The file is not the one that If-Match names; get it as a whole.")
    return response


def _as_meant(environ: dict[str, Any], size: int) -> dict[str, Any]:
    """The request as RFC 9110 has it, where werkzeug would refuse what is to be answered."""
    meant = dict(environ)
    asked = parse_range_header(meant.get("HTTP_RANGE"))
    if asked is not None:
        first, _ = asked.ranges[0]
        if asked.units != "bytes" or len(asked.ranges) > 1:
            del meant["HTTP_RANGE"]  # what we know nothing of is answered by the whole file
        elif first < -size:
            meant["HTTP_RANGE"] = "bytes=0-"  # the last bytes, of which there are not so many
    if meant.get("HTTP_IF_MATCH", "").strip() == "*":
        del meant["HTTP_IF_MATCH"]  # the file is there
    return meant


def _span(response: Response, stored: StoredObject) -> tuple[int, int]:
    """First byte of the answer, and the one after its last."""
    part = response.content_range
    return (part.start or 0, part.stop or 0) if part else (0, stored.size)


def _pieces(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    if start:
        file.seek(start)
    while start < stop:
        piece = file.read(min(PIECE_BYTES, stop - start))
        if not piece:
            raise StoreUnavailable("a file ended before its end")
        start += len(piece)
        yield piece
