"""Whether an image has been translated already, told before a byte is sent; and once more, anew."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import NotFound

from app import access
from app.api.operation import Operation, body_of, describe, json_answer, query_of
from app.auditing import about, audited
from app.current import services
from app.documents import AcceptedJob, KnownTranslation, accepted_job, job_document
from app.duplicates import known, repeated
from app.request import keep_pace
from app.rights import needs
from app.sentences import sentence
from app.submissions import MPP_RANGE, translate_again
from cyclegan.errors import ModelError

blueprint = Blueprint("api_translations", __name__)


class ImageQuery(BaseModel):
    """What would be sent, and how it would be translated."""

    model_config = ConfigDict(extra="ignore")

    sha256: str = Field(pattern="^[0-9a-fA-F]{64}$")
    model: str | None = None
    mpp: float | None = Field(None, ge=MPP_RANGE[0], le=MPP_RANGE[1])


class NewTranslation(BaseModel):
    """How an image that is here already is translated."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, description="The default when left out.")


@blueprint.get("/api/v1/translations")
@audited("list", only_refused=True)
@needs("viewer")
@describe(
    Operation(
        "Whether an image has been translated already, by the SHA-256 of its file",
        {200: KnownTranslation},
        errors=(400, 404),
        query=ImageQuery,
    )
)
def show() -> Response:
    """The latest translation that sending the image would repeat, of those the asker may list."""
    query = query_of(ImageQuery)
    try:
        job = known(
            services(),
            sha256=query.sha256,
            model=query.model,
            mpp=query.mpp,
            whose=access.listed(),
        )
    except ModelError as error:
        raise NotFound(sentence(str(error))) from error
    return json_answer(KnownTranslation(job=job_document(services(), job) if job else None))


@blueprint.post("/api/v1/jobs/<job_id>/translations")
@audited("upload")
@needs("uploader")
@describe(
    Operation(
        "Translate the image of a job once more, by another model, without sending it again",
        {202: AcceptedJob},
        errors=(400, 403, 404, 409, 413, 415, 422, 429, 503, 507),
        json=NewTranslation,
    )
)
def create(job_id: str) -> Response:
    """The new job, of whoever asks; the earlier one stays as it is."""
    keep_pace()
    earlier = access.job_to_see(job_id)
    sent = body_of(NewTranslation)
    job = translate_again(services(), earlier, model=sent.model, user=access.sender())
    about(f"job:{job.id}")
    document = accepted_job(services(), job, known=repeated(services(), job, whose=access.listed()))
    response = json_answer(document, 202)
    response.headers["Location"] = document.links["self"]
    return response
