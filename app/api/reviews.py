"""Verdicts on results: say one, read what was said, go through what nobody has looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import UnprocessableEntity

from app import access
from app.annotations import (
    ANNOTATIONS_TYPE,
    GEOJSON_TYPE,
    annotation_page,
    geojson,
    words,
)
from app.api.operation import Operation, body_of, describe, json_answer, query_of
from app.auditing import about, audited
from app.current import services
from app.documents import (
    Document,
    Instant,
    JobDocument,
    Whole,
    instant,
    job_documents,
    result_size,
)
from app.job import Job
from app.objects import RESULT
from app.review import Opinion, Review
from app.reviews import Reviewed, ReviewState
from app.rights import needs
from app.spreadsheet import csv_line
from app.stores.keys import stable_link
from app.view import View, view_of

blueprint = Blueprint("api_reviews", __name__)

COLUMNS = (
    *("job", "name", "sent", "model", "verdict", "reason", "note", "tissue", "regions"),
    *("reviewer", "reviewed", "version"),
)
"""Of the table of all verdicts."""


class NewReview(Opinion):
    """A review to be written down."""

    version: Whole = Field(
        ge=0,
        description="The latest version that the reviewer has seen; 0: there was none.",
    )


class ReviewDocument(Review, Document):
    """A review as it was written down."""

    created: Instant


class ReviewHistory(Document):
    """All that was said of a result."""

    job: str
    version: int = Field(description="Of the latest review; 0 before the first.")
    reviews: list[ReviewDocument] = Field(
        description="The latest first: it is the one that counts."
    )


class ReviewItem(Document):
    """A result, how it is looked at, and what counts of what was said of it."""

    job: JobDocument
    view: View
    review: ReviewDocument | None


class ReviewList(Document):
    """A stretch of the results in a state of review, the oldest first."""

    items: list[ReviewItem]
    total: int = Field(description="How many there are in that state.")
    next_cursor: str | None = Field(description="Give it as `cursor` for the next stretch.")


class TableQuery(BaseModel):
    """Which results a table holds."""

    model_config = ConfigDict(extra="ignore")

    project: str | None = Field(None, min_length=1, description="Only those of this project.")


class ReviewsQuery(TableQuery):
    """Which results a list shows."""

    state: ReviewState = "unreviewed"
    limit: int = Field(20, ge=1, le=200)
    cursor: str | None = Field(None, min_length=1, max_length=512)


@blueprint.post("/api/v1/jobs/<job_id>/reviews")
@needs("reviewer")
@audited("review")
@describe(
    Operation(
        "Say what a result is worth; what was said before is kept",
        {201: ReviewDocument},
        errors=(400, 403, 404, 409, 413, 415, 422),
        json=NewReview,
    )
)
def create(job_id: str) -> Response:
    """The review as it was written down; 409 when somebody else was faster."""
    job = access.job_to_review(job_id)
    sent = body_of(NewReview)
    _require_inside(sent, job)
    opinion = Opinion.model_validate(sent.model_dump(exclude={"version"}))
    review = services().reviews.add(job_id, opinion, after=sent.version, reviewer=_reviewer())
    return json_answer(_document(review), 201)


@blueprint.get("/api/v1/jobs/<job_id>/reviews")
@needs("viewer")
@audited("list", only_refused=True)
@describe(Operation("All that was said of a result", {200: ReviewHistory}, errors=(404,)))
def history(job_id: str) -> Response:
    """The reviews of a job, the latest first."""
    job = access.job_to_see(job_id)
    found = [_document(review) for review in services().reviews.history(job.id)]
    version = found[0].version if found else 0
    return json_answer(ReviewHistory(job=job_id, version=version, reviews=found))


@blueprint.get("/api/v1/reviews")
@needs("viewer")
@audited("list", only_refused=True)
@describe(
    Operation(
        "Results by what was said of them",
        {200: ReviewList},
        errors=(400, 404),
        query=ReviewsQuery,
    )
)
def index() -> Response:
    """A stretch of the results that the asker may list."""
    query = query_of(ReviewsQuery)
    page = services().reviews.page(
        whose=access.listed(project=query.project),
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    items = item_documents(page.items)
    return json_answer(ReviewList(items=items, total=page.total, next_cursor=page.next_cursor))


@blueprint.get("/api/v1/reviews.csv")
@needs("viewer")
@audited("download")
@describe(
    Operation(
        "The verdicts that count, as a table",
        {200: ("text/csv",)},
        errors=(400, 404),
        query=TableQuery,
    )
)
def table() -> Response:
    """One line for each result that was reviewed, the oldest first."""
    about("reviews.csv")
    whose = access.listed(project=query_of(TableQuery).project)
    found = services().reviews.all(whose=whose, state="reviewed")
    response = Response(_lines(found), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="reviews.csv"'
    return response


@blueprint.get("/api/v1/jobs/<job_id>/annotations.json")
@needs("viewer")
@audited("download")
@describe(
    Operation(
        "The review that counts, as W3C Web Annotations",
        {200: ("application/ld+json",)},
        errors=(404,),
    )
)
def as_annotations(job_id: str) -> Response:
    """An AnnotationPage; empty while nobody has reviewed the result."""
    job = access.job_to_see(job_id)
    address = url_for("api_reviews.as_annotations", job_id=job_id, _external=True)
    image = urljoin(request.url_root, stable_link(job.key(RESULT)))
    page = annotation_page(_latest(job.id), address=address, image=image)
    return Response(json.dumps(page, ensure_ascii=False), content_type=ANNOTATIONS_TYPE)


@blueprint.get("/api/v1/jobs/<job_id>/annotations.geojson")
@needs("viewer")
@audited("download")
@describe(
    Operation(
        "The regions of the review that counts, as QuPath reads them",
        {200: (GEOJSON_TYPE,)},
        errors=(404,),
    )
)
def as_geojson(job_id: str) -> Response:
    """A FeatureCollection; empty where no region was drawn."""
    job = access.job_to_see(job_id)
    found = json.dumps(geojson(_latest(job.id)), ensure_ascii=False)
    return Response(found, content_type=GEOJSON_TYPE)


def item_document(found: Reviewed) -> ReviewItem:
    """A result as it is given to whoever goes through results."""
    (document,) = item_documents([found])
    return document


def item_documents(found: Sequence[Reviewed]) -> list[ReviewItem]:
    """The same of several results."""
    jobs = job_documents(services(), [one.job for one in found])
    return [
        ReviewItem(
            job=job,
            view=view_of(services(), one.job),
            review=_document(one.review) if one.review else None,
        )
        for job, one in zip(jobs, found, strict=True)
    ]


def _reviewer() -> str:
    """Who reviews, as it is shown: an account, or enough of a visitor's to tell two apart."""
    if access.sender_name():
        return access.sender_name()
    kind, _, name = access.sender().partition(":")
    return f"visitor {name[:6]}" if kind == "visitor" else name or kind


def _latest(job_id: str) -> Review | None:
    return next(iter(services().reviews.history(job_id)), None)


def _require_inside(opinion: Opinion, job: Job) -> None:
    size = result_size(job)
    if size is None:
        return  # the log says that there is no result
    for number, region in enumerate(opinion.regions, start=1):
        top, left, bottom, right = region.box
        if bottom > size.height or right > size.width:
            raise UnprocessableEntity(
                f"Region {number} reaches from {top:g}, {left:g} to {bottom:g}, {right:g} (y, x), "
                f"and the result has {size.height} x {size.width} px; draw it inside."
            )


def _document(review: Review) -> ReviewDocument:
    return ReviewDocument.model_validate(review.model_dump())


def _lines(found: Iterator[Reviewed]) -> Iterator[str]:
    yield csv_line(COLUMNS)
    for item in found:
        if item.review is not None:
            yield csv_line(_cells(item.job, item.review))


def _cells(job: Job, review: Review) -> tuple[str, ...]:
    return (
        *(job.id, job.name, instant(job.created), job.model),
        *(review.verdict or "", words(review.reason), review.note, review.tissue),
        *(str(len(review.regions)), review.reviewer, instant(review.created), str(review.version)),
    )
