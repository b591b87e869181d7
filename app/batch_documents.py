"""What the service tells of a batch; `app.documents` tells of each of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from app.documents import (
    Document,
    Failure,
    Instant,
    Links,
    VerdictDocument,
    failure,
    links,
    verdicts_on,
)
from app.job import Batch, Job, Page, State

if TYPE_CHECKING:
    from app.services import Services


class BatchLinks(TypedDict):
    """Where to find what belongs to all images of a batch; paths of this service."""

    self: str
    page: str
    results: str
    table: str


class BatchImage(Document):
    """A job of a batch, in short; its own document tells more."""

    id: str
    name: str
    state: State
    progress: float = Field(ge=0, le=1)
    width: int = Field(description="px of the image as it was sent.")
    height: int = Field(description="px of the image as it was sent.")
    model: str
    created: Instant
    links: Links
    verdicts: list[VerdictDocument] = Field(
        description="From a first look until there is a result, from all of it afterwards."
    )
    error: Failure | None


class BatchDocument(Document):
    """Images that were sent together, as they stand."""

    id: str
    created: Instant = Field(description="When its first image was sent.")
    total: int = Field(description="Images in the batch.")
    counts: dict[State, int] = Field(description="How many of them are in each state.")
    progress: float = Field(ge=0, le=1, description="The part of all their pixels that is done.")
    eta_s: float | None = Field(
        description="Estimated seconds until the last is translated; null while unknown."
    )
    links: BatchLinks
    images: list[BatchImage] = Field(description="A stretch of them, the first sent first.")
    next_cursor: str | None = Field(description="Give it as `cursor` for the next stretch.")


def batch_document(services: Services, batch: Batch, page: Page) -> BatchDocument:
    """The batch with a stretch of its images."""
    return BatchDocument(
        id=batch.id,
        created=batch.created,
        total=sum(batch.counts.values()),
        counts=batch.counts,
        progress=batch.progress,
        eta_s=batch.eta_s,
        links=_links(batch.id),
        images=[batch_image(services, job) for job in page.jobs],
        next_cursor=page.next_cursor,
    )


def batch_image(services: Services, job: Job) -> BatchImage:
    """What is told of one of its jobs."""
    return BatchImage(
        id=job.id,
        name=job.name,
        state=job.state,
        progress=1.0 if job.state == "done" else job.progress,
        width=job.width,
        height=job.height,
        model=job.model,
        created=job.created,
        links=links(services, job),
        verdicts=verdicts_on(job),
        error=failure(job),
    )


def _links(batch_id: str) -> BatchLinks:
    page = f"/batches/{batch_id}"
    return BatchLinks(
        self=f"/api/v1{page}", page=page, results=f"{page}/results.zip", table=f"{page}/links.csv"
    )
