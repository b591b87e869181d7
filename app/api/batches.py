"""Batches: how far images that were sent together are, and their results in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from urllib.parse import urljoin

from flask import Blueprint, Response, copy_current_request_context, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import Conflict

from app import access
from app.api.operation import Operation, describe, json_answer, query_of
from app.archive import Member, archive, has_result, named, result_size
from app.auditing import about, audited
from app.batch_documents import BatchDocument, batch_document
from app.batch_table import Row, lines
from app.current import services
from app.documents import failure
from app.job import Batch, Job
from app.objects import RESULT
from app.rights import needs
from app.stores.disposition import disposition
from app.stores.keys import stable_link

blueprint = Blueprint("api_batches", __name__)

ZIP = "application/zip"
CSV = "text/csv"
BEGINNING = 2
"""Pieces of a ZIP after which its first result has been opened and read from."""


class BatchQuery(BaseModel):
    """Which images of a batch are told of."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(100, ge=1, le=200)
    cursor: str | None = Field(None, min_length=1, max_length=512)


@blueprint.get("/api/v1/batches/<batch_id>")
@needs("viewer")
@describe(
    Operation(
        "Images that were sent together, as they stand",
        {200: BatchDocument, 304: None},
        errors=(400, 404),
        query=BatchQuery,
        headers={
            "If-None-Match": {
                "description": "The ETag of what was seen last; 304 when nothing has changed.",
                "schema": {"type": "string"},
            }
        },
    )
)
@audited("list", only_refused=True)
def show(batch_id: str) -> Response:
    """The batch, and a stretch of its images."""
    query = query_of(BatchQuery)
    batch = services().queue.batch(batch_id, whose=access.listed())
    page = services().queue.batch_page(
        batch_id, whose=access.listed(), limit=query.limit, cursor=query.cursor
    )
    answer = json_answer(batch_document(services(), batch, page))
    answer.add_etag()
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer


@blueprint.get("/batches/<batch_id>/results.zip")
@needs("viewer")
@describe(Operation("All results of a batch in a ZIP", {200: (ZIP,)}, errors=(404, 409, 503)))
@audited("download")
def results(batch_id: str) -> Response:
    """The results that there are now, and a table of all images; 409 while there is no result.

    A result that is deleted meanwhile, or a right that ends, breaks the answer off: what was saved
    of it does not open.
    """
    batch = services().queue.batch(batch_id, whose=access.listed())
    members, rows = [], []
    for job, name in _named(batch_id):
        rows.append(_row(job, name))
        if has_result(services(), job):
            members.append(Member(job.id, job.key(RESULT), name, result_size(services(), job)))
            about(f"job:{job.id}/{RESULT}")
    if not members:
        raise Conflict("No image of this batch has a result yet; its page tells how far they are.")
    # Each call is a request of its own, which looks again for who sends it.
    may_still_see = copy_current_request_context(access.may_still_see)
    table = b"".join(lines(rows))
    made = archive(services(), members, table=table, may_still_see=may_still_see)
    response = _saved(ZIP, batch, ".zip")
    response.content_length = len(made)
    if request.method == "GET":
        pieces = iter(made)
        # A store that fails by now can still be told of; later, only the connection can end.
        response.response = chain([b"".join(islice(pieces, BEGINNING))], pieces)
    return response


@blueprint.get("/batches/<batch_id>/links.csv")
@needs("viewer")
@describe(Operation("Names, states and links of a batch's images", {200: (CSV,)}, errors=(404,)))
@audited("list", only_refused=True)
def table(batch_id: str) -> Response:
    """One line for each image, whatever became of it."""
    batch = services().queue.batch(batch_id, whose=access.listed())
    response = _saved(f"{CSV}; charset=utf-8", batch, ".csv")
    response.set_data(b"".join(lines(_row(job, name) for job, name in _named(batch_id))))
    return response


def _named(batch_id: str) -> Iterator[tuple[Job, str]]:
    return named(services(), batch_id, whose=access.listed())


def _saved(content_type: str, batch: Batch, suffix: str) -> Response:
    response = Response(content_type=content_type)
    name = f"virtual-he-{batch.created:%Y-%m-%d}{suffix}"
    response.headers["Content-Disposition"] = disposition(name, content_type)
    return response


def _row(job: Job, name: str) -> Row:
    is_there = has_result(services(), job)
    why = failure(job)
    return Row(
        name=job.name,
        state=job.state,
        file=name if is_there else None,
        page=urljoin(request.url_root, f"/jobs/{job.id}"),
        result=urljoin(request.url_root, _link(job)) if is_there else None,
        width_px=job.width,
        height_px=job.height,
        result_bytes=result_size(services(), job) if is_there else None,
        model=job.model,
        error=why.message if why else None,
    )


def _link(job: Job) -> str:
    # That of this machine goes when the result does.
    key = job.key(RESULT)
    return services().store.link(key) if job.state == "done" else stable_link(key)
