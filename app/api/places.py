"""In which project images are, and putting them there."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.api.operation import Operation, body_of, describe, json_answer
from app.auditing import ID, about, audited
from app.current import services
from app.documents import Document, JobDocument, job_document
from app.rights import needs

blueprint = Blueprint("api_places", __name__)


class Place(BaseModel):
    """Where an image is to be."""

    model_config = ConfigDict(extra="forbid")

    project: str | None = Field(min_length=1, description="Id of the project; null: in none.")


class Placed(Document):
    """How many images were put there."""

    images: int


@blueprint.put("/api/v1/jobs/<job_id>/project")
@needs("uploader")
@audited("move")
@describe(
    Operation(
        "Put an image into a project, or out of any",
        {200: JobDocument},
        errors=(400, 403, 404, 413, 415, 422),
        json=Place,
    )
)
def place_job(job_id: str) -> Response:
    """The job in its new place."""
    access.job_to_change(job_id)
    put_job(job_id, body_of(Place).project)
    return json_answer(job_document(services(), access.job_to_see(job_id)))


@blueprint.put("/api/v1/batches/<batch_id>/project")
@needs("uploader")
@audited("move")
@describe(
    Operation(
        "Put the images that were sent together into a project, or out of any",
        {200: Placed},
        errors=(400, 403, 404, 413, 415, 422),
        json=Place,
    )
)
def place_batch(batch_id: str) -> Response:
    """How many images the batch has, all of which are there now."""
    access.batch_to_change(batch_id)
    return json_answer(Placed(images=put_batch(batch_id, body_of(Place).project)))


def put_job(job_id: str, project: str | None) -> None:
    """Put a job into a project, for this request; raises ProjectUnusable, ProjectArchived."""
    about(f"job:{job_id}/project:{_word(project)}")
    services().projects.put_job(job_id, project, by=access.sender())


def put_batch(batch_id: str, project: str | None) -> int:
    """The same with all images of a batch; returns how many."""
    about(f"batch:{batch_id}/project:{_word(project)}")
    return services().projects.put_batch(batch_id, project, by=access.sender())


def _word(project: str | None) -> str:
    """What a line of the audit log says of a project that was asked for."""
    if project is None:
        return "none"
    return project if ID.fullmatch(project) else "unknown"
