"""`/uploads`: files that arrive in parts and survive a cut, by the protocol tus 1.0.

https://tus.io/protocols/resumable-upload says what each header means; `docs/uploads.md` how to use
it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from flask import Blueprint, Response, abort, current_app, request
from werkzeug.exceptions import BadRequest, MethodNotAllowed, UnsupportedMediaType
from werkzeug.http import http_date

from app import access, tus
from app.api.operation import Operation, describe
from app.auditing import about, audited
from app.body import RequestBody
from app.current import services
from app.errors import CHECKSUM_MISMATCH
from app.refusals import TooManyBytes
from app.request import keep_pace
from app.rights import needs
from app.transfers import Checksum, Held, Transfer

blueprint = Blueprint("api_uploads", __name__)

PIECE_BYTES = 16 * 2**10
"""Read at once: so much of what a slow sender has sent may be lost when the service is killed."""
SILENT_S = 3.0
"""A sender that was silent for so long gives way to the next request of the same upload."""
TEXT = {"type": "string"}
BYTES = {"type": "integer", "minimum": 0}
RESUMABLE = {
    "required": True,
    "description": "The version of tus.",
    "schema": {"type": "string", "enum": [tus.VERSION]},
}
CHECKSUM = {
    "description": "Of the part: `sha1` or `sha256`, a space, and the digest in Base64.",
    "schema": {
        "type": "string",
        "examples": ["sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
    },
}
OVERRIDES = ("PATCH", "DELETE", "HEAD")
"""What `X-HTTP-Method-Override` may make of a POST, for networks that let nothing else through."""


@blueprint.before_request
def _require_version() -> Response | None:
    if request.method == "OPTIONS" or request.headers.get("Tus-Resumable") == tus.VERSION:
        return None
    abort(412, f"The header Tus-Resumable must be {tus.VERSION}, the version that is spoken here.")


@blueprint.after_request
def _tell_version(response: Response) -> Response:
    response.headers["Tus-Resumable"] = tus.VERSION
    if response.status_code == 412:
        response.headers["Tus-Version"] = tus.VERSION
    return response


@blueprint.route("/uploads", methods=["OPTIONS"])
@blueprint.route("/uploads/<upload_id>", methods=["OPTIONS"])
@needs("viewer")
@audited("view", only_refused=True)
@describe(Operation("What of tus is spoken here", {204: None}))
def options(upload_id: str = "") -> Response:  # noqa: ARG001 - of all the same
    """Version, extensions, and the largest file."""
    response = Response(status=204)
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = ",".join(tus.EXTENSIONS)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(tus.ALGORITHMS)
    response.headers["Tus-Max-Size"] = str(services().settings.max_bytes)
    return response


def _part() -> dict[str, Any]:
    schema = {"type": "string", "format": "binary"}
    return {"required": False, "content": {tus.PART: {"schema": schema}}}


def _creation_headers() -> dict[str, Any]:
    return {
        "Tus-Resumable": RESUMABLE,
        "Upload-Length": {"required": True, "description": "Bytes of the file.", "schema": BYTES},
        "Upload-Metadata": {
            "description": "Names with texts in Base64: `filename`, `sha256` of the whole file, "
            "`project` that the image goes into.",
            "schema": {**TEXT, "examples": ["filename a2lkbmV5LnRpZg=="]},
        },
        "Upload-Checksum": CHECKSUM,
    }


@blueprint.post("/uploads")
@needs("uploader")
@audited("upload")
@describe(
    Operation(
        "Begin an upload that survives a cut, perhaps with its first part",
        {201: None},
        errors=(400, 403, 408, 412, 413, 415, 422, 429, CHECKSUM_MISMATCH, 507),
        headers=_creation_headers(),
        body=_part,
    )
)
def create() -> Response:
    """201 with the upload's address, to which parts are sent."""
    length = tus.parse_number("Upload-Length", request.headers.get("Upload-Length"))
    said = request.headers.get("Upload-Metadata", "")
    project = tus.parse_metadata(said).get("project")
    if project:
        services().projects.require_taking(project, user=access.sender())
    checksum = tus.parse_checksum(request.headers.get("Upload-Checksum"))
    limit = services().settings.max_bytes
    if length > limit:
        abort(413, f"The file has {length:,} bytes; the limit is {limit:,}. Compress or crop it.")
    brings_part = not _body().is_read
    if brings_part:
        _require_part()
    keep_pace()
    transfer = services().transfers.begin(user=access.sender(), length=length, about=said)
    about(f"upload:{transfer.id}")
    if brings_part:
        transfer = _take_first(transfer, checksum)
    response = _answer(transfer, 201)
    response.headers["Location"] = f"/uploads/{transfer.id}"
    return response


@blueprint.route("/uploads/<upload_id>", methods=["HEAD"])
@needs("uploader")
@audited("upload", only_refused=True)
@describe(Operation("How far an upload is", {200: None}, errors=(404, 412, 423)))
def show(upload_id: str) -> Response:
    """The number of bytes that are safe here; the sender goes on from there."""
    # Held, so that a sender whose network is gone has ended and what came of it counts.
    with _held(upload_id) as held:
        response = _answer(held.transfer, 200)
        response.headers["Upload-Length"] = str(held.transfer.length)
        if held.transfer.about:
            response.headers["Upload-Metadata"] = held.transfer.about
        return response


@blueprint.patch("/uploads/<upload_id>")
@needs("uploader")
@audited("upload", only_refused=True)
@describe(
    Operation(
        "Send the next part of an upload",
        {204: None},
        errors=(400, 403, 404, 408, 409, 412, 413, 415, 423, CHECKSUM_MISMATCH, 507),
        headers={
            "Tus-Resumable": RESUMABLE,
            "Upload-Offset": {
                "required": True,
                "description": "Where the part begins: what HEAD answers.",
                "schema": BYTES,
            },
            "Upload-Checksum": CHECKSUM,
        },
        body=_part,
    )
)
def append(upload_id: str) -> Response:
    """204 with how far the upload is now."""
    _require_part()
    offset = tus.parse_number("Upload-Offset", request.headers.get("Upload-Offset"))
    checksum = tus.parse_checksum(request.headers.get("Upload-Checksum"))
    with _held(upload_id) as held:
        return _answer(_take(held, offset, checksum), 204)


@blueprint.delete("/uploads/<upload_id>")
@needs("uploader")
@audited("delete")
@describe(
    Operation(
        "Give an upload up",
        {204: None},
        errors=(403, 404, 412, 423),
        headers={"Tus-Resumable": RESUMABLE},
    )
)
def delete(upload_id: str) -> Response:
    """Nothing of it is left."""
    with _held(upload_id) as held:
        about(f"upload:{held.transfer.id}", action="delete")
        held.remove()
    return Response(status=204)


@blueprint.post("/uploads/<upload_id>")
@needs("uploader")
@audited("upload", only_refused=True)
@describe(
    Operation(
        "Send a part where a network lets no PATCH through",
        {200: None, 204: None},
        errors=(400, 403, 404, 405, 408, 409, 412, 413, 415, 423, CHECKSUM_MISMATCH, 507),
        headers={
            "Tus-Resumable": RESUMABLE,
            "X-HTTP-Method-Override": {
                "required": True,
                "description": "The method that is meant.",
                "schema": {"type": "string", "enum": list(OVERRIDES)},
            },
            "Upload-Offset": {"description": "Of a part.", "schema": BYTES},
            "Upload-Checksum": CHECKSUM,
        },
        body=_part,
    )
)
def override(upload_id: str) -> Response:
    """What the method that is meant answers."""
    views = {"PATCH": append, "DELETE": delete, "HEAD": show}
    meant = request.headers.get("X-HTTP-Method-Override", "")
    if meant not in views:
        raise MethodNotAllowed(valid_methods=OVERRIDES)
    return views[meant](upload_id)


def _held(upload_id: str) -> AbstractContextManager[Held]:
    body = _body()
    return services().transfers.hold(
        upload_id,
        whose=access.own(),
        give_way=lambda: body.end_if_silent(SILENT_S),
    )


def _take_first(transfer: Transfer, checksum: Checksum | None) -> Transfer:
    with _held(transfer.id) as held:
        try:
            return _take(held, 0, checksum)
        except BaseException:
            held.remove()  # nobody was told its address
            raise


def _take(held: Held, offset: int, checksum: Checksum | None) -> Transfer:
    was_whole = held.transfer.is_whole
    if offset == held.transfer.kept:
        _require_fitting(held.transfer)
    transfer = held.append(_pieces(), offset=offset, checksum=checksum)
    if transfer.is_whole and not was_whole:
        metrics = current_app.extensions["metrics"]
        metrics.uploads.inc()
        metrics.upload_bytes.inc(transfer.length)
    return transfer


def _pieces() -> Iterator[bytes]:
    yield from _body().pieces(PIECE_BYTES)
    if _body().is_cut:
        raise BadRequest("The connection was cut; what arrived is kept: ask how far it is.")


def _require_part() -> None:
    if request.mimetype != tus.PART:
        raise UnsupportedMediaType(f"A part is sent with Content-Type: {tus.PART}.")


def _require_fitting(transfer: Transfer) -> None:
    """A part that says itself that it is too long is refused before a byte of it is read."""
    if (request.content_length or 0) > transfer.length - transfer.kept:
        raise TooManyBytes(transfer.length)


def _body() -> RequestBody:
    body: RequestBody = request.body  # type: ignore[attr-defined]
    return body


def _answer(transfer: Transfer, status: int) -> Response:
    response = Response(status=status)
    response.headers["Upload-Offset"] = str(transfer.kept)
    response.headers["Upload-Expires"] = http_date(transfer.expires)
    return response
