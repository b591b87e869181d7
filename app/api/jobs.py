"""Jobs: send an image, watch what becomes of it, stop it, remove it."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, Conflict

from app import access
from app.api.operation import Operation, describe, json_answer, query_of
from app.auditing import about, audited
from app.current import services
from app.documents import (
    AcceptedJob,
    DeletedJob,
    JobDocument,
    JobList,
    accepted_job,
    job_document,
    job_documents,
)
from app.duplicates import repeated
from app.job import ENDED, Job, State
from app.request import keep_pace, path_of
from app.rights import needs
from app.submissions import MPP_RANGE, remove, submit, submit_upload
from app.submissions import cancel as cancel_job

blueprint = Blueprint("api_jobs", __name__)

KEY_PATTERN = r"^[\x21-\x7e]{1,128}$"
"""What an Idempotency-Key may be: visible ASCII."""
BATCH_LENGTH = 128
REMOVED_LATER = (
    "The job is gone. The store would not remove all of its files now; "
    "this is tried again until they are gone, too."
)


class JobsQuery(BaseModel):
    """Which jobs a list shows."""

    model_config = ConfigDict(extra="ignore")

    state: State | None = None
    project: str | None = Field(None, min_length=1, description="Only those of this project.")
    mine: bool = Field(False, description="Only those that the asker has sent.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, min_length=1, max_length=512)


def order_body() -> dict[str, Any]:
    """The forms that `POST /api/v1/jobs` takes, as OpenAPI writes them."""
    names = [card.name for card in services().catalogue.cards()]
    file = {"type": "string", "format": "binary", "description": "PNG, JPEG or TIFF."}
    upload = {
        "type": "string",
        "minLength": 1,
        "description": "The last part of the address of an upload that has arrived.",
    }
    choices = {
        "model": {"type": "string", "enum": names, "description": "The default when left out."},
        "mpp": {
            "type": "number",
            "minimum": MPP_RANGE[0],
            "maximum": MPP_RANGE[1],
            "examples": [0.5],
            "description": "µm per pixel; read from the file when left out.",
        },
        "batch": {
            "type": "string",
            "maxLength": BATCH_LENGTH,
            "description": "The same for images that are sent together; they take turns.",
        },
        "project": {
            "type": "string",
            "description": "Id of a project of the sender, whose members see the image, too.",
        },
    }
    sha256 = {
        "type": "string",
        "pattern": "^[0-9a-fA-F]{64}$",
        "description": "Of the whole file, which is refused when other bytes have arrived.",
    }
    upload_form = {"upload": upload, "sha256": sha256, **choices}
    content = {
        "multipart/form-data": _form("file", {"file": file, **choices}),
        "application/x-www-form-urlencoded": _form("upload", upload_form),
    }
    return {"required": True, "content": content}


def _form(required: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"schema": {"type": "object", "properties": properties, "required": [required]}}


@blueprint.post("/api/v1/jobs")
@audited("upload")
@needs("uploader")
@describe(
    Operation(
        "Send an image to be translated",
        {202: AcceptedJob},
        errors=(400, 403, 404, 408, 409, 413, 415, 422, 423, 429, 507),
        body=order_body,
        headers={
            "Idempotency-Key": {
                "description": "The sender's own name of this request: sent again, it makes "
                "no second job.",
                "schema": {"type": "string", "pattern": KEY_PATTERN},
            }
        },
    )
)
def create() -> Response:
    """Check and queue the image; 202 with where to follow it."""
    keep_pace()
    fields: dict[str, Any] = {
        "user": access.sender(),
        "model": request.form.get("model"),
        "mpp": request.form.get("mpp"),
        "batch": _sent_batch(),
        "project": request.form.get("project") or None,
        "idempotency_key": _sent_key(),
        "sha256": request.form.get("sha256"),
    }
    upload = _sent_upload()
    if upload is not None:
        job = submit_upload(services(), upload, whose=access.own(), **fields)
    else:
        file = _sent_file()
        job = submit(services(), file=path_of(file), filename=file.filename, **fields)
    about(f"job:{job.id}")
    known = repeated(services(), job, whose=access.listed())
    document = accepted_job(services(), job, known=known)
    response = json_answer(document, 202)
    response.headers["Location"] = document.links["self"]
    return response


@blueprint.get("/api/v1/jobs")
@audited("list", only_refused=True)
@needs("viewer")
@describe(Operation("Jobs, newest first", {200: JobList}, errors=(400, 404), query=JobsQuery))
def index() -> Response:
    """A stretch of the jobs that the asker may list."""
    query = query_of(JobsQuery)
    page = services().queue.page(
        whose=access.listed(project=query.project, mine=query.mine),
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    jobs = job_documents(services(), page.jobs)
    return json_answer(JobList(jobs=jobs, next_cursor=page.next_cursor))


@blueprint.get("/api/v1/jobs/<job_id>")
@audited("list", only_refused=True)
@needs("viewer")
@describe(Operation("A job as it stands", {200: JobDocument}, errors=(404,)))
def show(job_id: str) -> Response:
    """The job's document."""
    return json_answer(job_document(services(), access.job_to_see(job_id)))


@blueprint.post("/api/v1/jobs/<job_id>/cancel")
@audited("cancel")
@needs("uploader")
@describe(Operation("Stop a job that has not ended", {200: JobDocument}, errors=(403, 404, 409)))
def cancel(job_id: str) -> Response:
    """The job, cancelled, or about to be when a worker is at it; 409 when it has ended."""
    _require_unfinished(access.job_to_change(job_id))
    job = cancel_job(services(), job_id)
    if job.state != "cancelled":
        _require_unfinished(job)  # it has ended in between
    return json_answer(job_document(services(), job))


@blueprint.delete("/api/v1/jobs/<job_id>")
@audited("delete")
@needs("uploader")
@describe(
    Operation(
        "Remove a job, its input and its results",
        {202: DeletedJob, 204: None},
        errors=(403, 404),
    )
)
def delete(job_id: str) -> Response:
    """Nothing once nothing is left, and 202 while files remain that are removed later."""
    if remove(services(), access.job_to_change(job_id).id):
        return json_answer(DeletedJob(message=REMOVED_LATER), 202)
    return Response(status=204)


def _sent_upload() -> str | None:
    ids = request.form.getlist("upload")
    if not ids:
        return None
    if len(ids) > 1 or request.files:
        raise BadRequest("Send one image in a request: one file, or the id of one upload.")
    return ids[0]


def _sent_file() -> FileStorage:
    files = request.files.getlist("file")
    if not files:
        raise BadRequest(
            "There is no file: send multipart/form-data with one part named `file` "
            "that has a file name, or a field `upload` with the id of a whole upload."
        )
    if len(files) > 1:
        raise BadRequest(f"There are {len(files)} files; send one image in a request.")
    return files[0]


def _sent_batch() -> str | None:
    batch = request.form.get("batch") or None
    if batch and len(batch) > BATCH_LENGTH:
        raise BadRequest(f"batch has {len(batch)} characters; the limit is {BATCH_LENGTH}.")
    if batch and "\0" in batch:  # PostgreSQL keeps no such text
        raise BadRequest("batch has a character of the code 0; leave it out.")
    return batch


def _sent_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise BadRequest(
            "Idempotency-Key must be 1 to 128 visible ASCII characters; a UUID does well."
        )
    return key


def _require_unfinished(job: Job) -> None:
    if job.state in ENDED:
        raise Conflict(f"The job is {job.state}; only one that has not ended can be cancelled.")
