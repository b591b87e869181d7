"""Links that share one result: made and revoked on the job's page, opened without a login.

Behind a link are the result and its preview, and nothing of the input but its name. Files come
through this service whatever `links` says, so that a link that was revoked opens nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app import access, objects
from app.api import tiles
from app.api.results import answer
from app.audit import Action
from app.auditing import about, audited
from app.current import services
from app.documents import JobDocument, is_there, job_document
from app.job import Job
from app.pages.facts import card_of
from app.pages.viewer import viewing
from app.rights import for_anybody, needs
from app.shares import Share
from app.stores.store import NotStored
from app.view import result_alone
from cyclegan.images.deep_zoom import TileAddress

blueprint = Blueprint("shares", __name__)

SHARED = (objects.RESULT, objects.RESULT_PNG, objects.RESULT_PREVIEW)
"""What a link opens."""
DAYS = {1: "a day", 7: "a week", 30: "30 days", 90: "90 days", 365: "a year"}
"""How long a link may open, beside what the settings say."""


@dataclass(frozen=True)
class Offer:
    """What a job's page says of sharing its result."""

    shares: list[Share]
    made: str
    """The address that was made just now; it is shown this once."""
    choices: dict[int, str]
    chosen: int


def offer(job: Job, document: JobDocument) -> Offer | None:
    """What the page offers; None where nobody logs in, and where there is nothing to share."""
    is_local = services().settings.mode == "local"
    if is_local or "result" not in document.links or not access.may_change(job):
        return None
    chosen = services().settings.share_days
    made = [str(address) for address in get_flashed_messages(category_filter=[_told(job)])]
    return Offer(
        shares=services().shares.of(job.id),
        made=made[-1] if made else "",
        choices=dict(sorted({chosen: f"{chosen} days", **DAYS}.items())),
        chosen=chosen,
    )


@blueprint.post("/jobs/<job_id>/shares")
@needs("uploader")
@audited("share")
def make(job_id: str) -> ResponseReturnValue:
    """Make a link, and show it on the job's page."""
    job = access.job_to_change(job_id)
    days = request.form.get("days", "")
    known = {str(number) for number in (*DAYS, services().settings.share_days)}
    if days not in known:
        abort(400, f"days is {days[:20]!r}; choose one of: {', '.join(sorted(known, key=int))}.")
    if not is_there(services(), job, objects.RESULT):
        abort(409, "There is no result yet; share it when the image is done.")
    share, secret = services().shares.make(job.id, user=access.sender(), days=int(days))
    about(f"job:{job.id}/{name_of(share)}")
    flash(url_for("shares.show", secret=secret, _external=True), _told(job))
    return redirect(url_for("jobs.show", job_id=job.id, _anchor="sharing"), 303)


@blueprint.post("/jobs/<job_id>/shares/<int:number>/revoke")
@needs("uploader")
@audited("revoke")
def revoke(job_id: str, number: int) -> ResponseReturnValue:
    """End a link at once."""
    job = access.job_to_change(job_id)
    about(f"job:{job.id}/share:{number}")
    services().shares.revoke(job.id, number)
    return redirect(url_for("jobs.show", job_id=job.id, _anchor="sharing"), 303)


@blueprint.get("/shared/<secret>")
@for_anybody
@audited("view")
def show(secret: str) -> Response:
    """The result behind a link: its picture and its files."""
    share, job = services().shares.find(secret)
    about(f"job:{job.id}", user=name_of(share))
    document = job_document(services(), job)
    page = render_template(
        "shares/show.html",
        job=document,
        share=share,
        card=card_of(services().catalogue, job.model),
        addresses={
            name: url_for("shares.file", secret=secret, name=name)
            for name in SHARED
            if is_there(services(), job, name)
        },
        viewer=url_for("shares.view", secret=secret),
    )
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/shared/<secret>/view")
@for_anybody
@audited("view")
def view(secret: str) -> Response:
    """The result behind a link in all its pixels."""
    share, job = services().shares.find(secret)
    about(f"job:{job.id}", user=name_of(share))
    _require(job, objects.RESULT)
    response = viewing(
        result_alone(job, tiles=f"/shared/{secret}/tiles/"),
        back=url_for("shares.show", secret=secret),
        previews={
            "Virtual H&E": url_for("shares.file", secret=secret, name=objects.RESULT_PREVIEW)
        },
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/shared/<secret>/tiles/<int:level>/<int:column>_<int:row>.jpg")
@for_anybody
@audited("view", only_refused=True)
def tile(secret: str, *, level: int, column: int, row: int) -> Response:
    """A tile of the result behind a link; asked for again each time, as the link may have ended."""
    _, job = services().shares.find(secret)
    _require(job, objects.RESULT)
    response = tiles.answer(job, "result", TileAddress(level, row, column), "jpg")
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


@blueprint.get("/shared/<secret>/<name>")
@for_anybody
@audited("download")
def file(secret: str, name: str) -> Response:
    """A file of the result behind a link."""
    share, job = services().shares.find(secret)
    if name not in SHARED:
        raise NotStored(name)
    _require(job, name)
    action: Action = "view" if name in objects.PREVIEWS else "download"
    about(f"job:{job.id}/{name}", action=action, user=name_of(share))
    return answer(job, name)


def _require(job: Job, name: str) -> None:
    if not is_there(services(), job, name):
        raise NotStored(name)


def _told(job: Job) -> str:
    """The kind of message that carries a new address to the job's page."""
    return f"share of {job.id}"


def name_of(share: Share) -> str:
    """What a link is called in the audit log."""
    return f"share:{share.number}"
