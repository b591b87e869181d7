"""The files of jobs, as the local store keeps them: whole, in ranges, or only their headers."""

from __future__ import annotations

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app import objects
from app.api.operation import Operation, describe
from app.current import services

blueprint = Blueprint("results", __name__)

MEDIA_TYPES = tuple(objects.CONTENT_TYPES.values())
SHOWN = {"image/png", "image/jpeg"}
"""What a browser opens itself; everything else is saved."""


@blueprint.get("/results/<token>/<name>")
@describe(
    Operation(
        "A file of a job: input, result or preview",
        {200: MEDIA_TYPES, 206: MEDIA_TYPES, 304: None},
        errors=(404, 416),
    )
)
def show(token: str, name: str) -> Response:
    """The object of this name that belongs to the job of this token."""
    key = services().queue.by_token(token).key(name)
    stored = services().store.stat(key)
    response = send_file(
        services().store.open(key),
        mimetype=stored.content_type,
        as_attachment=stored.content_type not in SHOWN,
        download_name=stored.download_name,
        conditional=False,
        etag=stored.sha256,
    )
    response.content_length = stored.size
    response.headers["Cache-Control"] = "private, no-cache"  # asked again: it may be deleted
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=stored.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response
