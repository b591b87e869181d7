"""Whether an image has been translated already, told before a byte of it is sent."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import NotFound

from app import access
from app.api.operation import Operation, describe, json_answer, query_of
from app.auditing import audited
from app.current import services
from app.documents import KnownTranslation, job_document
from app.duplicates import known
from app.rights import needs
from app.sentences import sentence
from app.submissions import MPP_RANGE
from cyclegan.errors import ModelError

blueprint = Blueprint("api_translations", __name__)


class ImageQuery(BaseModel):
    """What would be sent, and how it would be translated."""

    model_config = ConfigDict(extra="ignore")

    sha256: str = Field(pattern="^[0-9a-fA-F]{64}$")
    model: str | None = None
    mpp: float | None = Field(None, ge=MPP_RANGE[0], le=MPP_RANGE[1])


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
