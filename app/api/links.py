"""The links that people keep: the same for as long as a job is, wherever its files are by then."""

from __future__ import annotations

from flask import Blueprint, Response

from app import access, objects
from app.api.operation import Operation, describe
from app.auditing import about, audited
from app.current import services
from app.documents import is_there
from app.rights import needs
from app.stores.keys import result_link
from app.stores.store import NotStored

blueprint = Blueprint("links", __name__)


@blueprint.get("/s/<token>")
@audited("download")
@needs("viewer")
@describe(Operation("To a job's result, the TIFF", {302: None}, errors=(404, 503)))
def result(token: str) -> Response:
    """On to where the result is found now; 404 while there is none."""
    return show(token, objects.RESULT)


@blueprint.get("/s/<token>/<name>")
@audited("download")
@needs("viewer")
@describe(Operation("To a file of a job", {302: None}, errors=(404, 503)))
def show(token: str, name: str) -> Response:
    """On to where the file is found now; 404 for what is not a file of that job."""
    job = access.job_of_token(token)
    if not is_there(services(), job, name):
        raise NotStored(name)
    about(f"job:{job.id}/{name}")
    key = job.key(name)
    address = services().store.fresh_link(key) if job.state == "done" else result_link(key)
    answer = Response(status=302)
    answer.headers["Location"] = address
    answer.headers["Cache-Control"] = "no-store"  # the address may expire
    return answer
