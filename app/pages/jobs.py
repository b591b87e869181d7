"""The pages of jobs: the list, one job, and stopping or removing it."""

from __future__ import annotations

from typing import Literal, cast
from urllib.parse import urljoin

from flask import (
    Blueprint,
    abort,
    flash,
    get_flashed_messages,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app import access, submissions
from app.auditing import audited
from app.current import services
from app.documents import FILES, JobDocument, job_document, job_documents
from app.duplicates import repeated
from app.job import STATES as ALL_STATES
from app.job import Batch, Job, State
from app.pages import facts, projects, shares
from app.pages.words import STATES
from app.refusals import BatchNotFound
from app.rights import needs
from app.settings import ServeSettings
from app.stores.keys import stable_link

blueprint = Blueprint("jobs", __name__)

PAGE = 24
"""Images on a page of the list."""
FILTERS: dict[str, str] = {"": "All"} | {state: STATES[state] for state in ALL_STATES}
"""What the list can be narrowed to."""
FLEETING = "publishing"
"""The state that is over too soon to look for where no bucket can be away."""


@blueprint.get("/jobs")
@audited("list", only_refused=True)
@needs("viewer")
def index() -> ResponseReturnValue:
    """Earlier images, newest first, perhaps only those in one state."""
    state = request.args.get("state", "")
    if state not in FILTERS:
        abort(400, f"There is no state {state[:40]!r}; choose one of: {', '.join(ALL_STATES)}.")
    settings = services().settings
    cursor, place = request.args.get("cursor"), request.args.get("project", "")
    page = services().queue.page(
        whose=projects.whose(place),
        state=cast("State", state) if state else None,
        limit=PAGE,
        cursor=cursor,
    )
    return render_template(
        "jobs/index.html",
        jobs=job_documents(services(), page.jobs),
        states=_filters(),
        state=state,
        projects=access.projects(),
        place=place,
        older=page.next_cursor,
        is_later_page=cursor is not None,
        is_local=settings.mode == "local",
        remaining=facts.remaining(services().queue.removals(access.listed())),
        refused=get_flashed_messages(category_filter=["refused"]),
        news=get_flashed_messages(category_filter=["news"]),
    )


@blueprint.get("/jobs/<job_id>")
@audited("view")
@needs("viewer")
def show(job_id: str) -> ResponseReturnValue:
    """One job: its progress, then its input and result with their links."""
    job = access.job_to_see(job_id)
    document = job_document(services(), job)
    card = facts.card_of(services().catalogue, job.model)
    settings = services().settings
    result = _shared(job, document)
    return render_template(
        "jobs/show.html",
        job=document,
        card=card,
        may_change=access.may_change(job),
        batch=_batch(job),
        repeats=_repeated(job),
        facts=facts.facts(
            job, result=document.result, card=card, retention_days=settings.retention_days
        ),
        pictures=facts.pictures(document, card=card),
        is_tiny=facts.is_tiny(job),
        files=facts.files(job, document, are_elsewhere=_are_elsewhere(job, settings)),
        result_link=urljoin(request.url_root, result) if result else "",
        page_link=url_for("jobs.show", job_id=job.id, _external=True),
        provenance=facts.provenance(job),
        offer=shares.offer(job, document),
        place=projects.place_of(job),
        reviews=services().reviews.history(job.id),
    )


@blueprint.post("/jobs/<job_id>/cancel")
@audited("cancel")
@needs("uploader")
def cancel(job_id: str) -> ResponseReturnValue:
    """Stop a job, and go back to its page."""
    submissions.cancel(services(), access.job_to_change(job_id).id)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@blueprint.get("/jobs/<job_id>/delete")
@audited("view", only_refused=True)
@needs("uploader")
def confirm(job_id: str) -> ResponseReturnValue:
    """Ask whether a job is really to be removed."""
    job = job_document(services(), access.job_to_change(job_id))
    return render_template("jobs/delete.html", job=job)


@blueprint.post("/jobs/<job_id>/delete")
@audited("delete")
@needs("uploader")
def delete(job_id: str) -> ResponseReturnValue:
    """Remove a job with its files, and go to the list."""
    job = access.job_to_change(job_id)
    if submissions.remove(services(), job.id):
        flash(f"{job.name} was deleted, but not all of its files are gone yet.", "news")
    else:
        flash(f"{job.name} and its files were deleted.", "news")
    return redirect(url_for("jobs.index"), 303)


def _batch(job: Job) -> Batch | None:
    """What the job was sent with, if that was more than this image."""
    if job.batch_id is None:
        return None
    try:
        batch = services().queue.batch(job.batch_id, whose=access.listed())
    except BatchNotFound:  # it is somebody else's
        return None
    return batch if sum(batch.counts.values()) > 1 else None


def _repeated(job: Job) -> Job | None:
    """The earlier translation that a job would make again, while it can still be stopped."""
    # Asking whether its result is there may take a bucket.
    if job.state not in {"queued", "running"}:
        return None
    return repeated(services(), job, whose=access.listed())


def _filters() -> dict[str, str]:
    if services().publishes:
        return FILTERS
    return {state: words for state, words in FILTERS.items() if state != FLEETING}


def _shared(job: Job, document: JobDocument) -> str | None:
    """The link to the picture of the result that people pass on; good for as long as the job is."""
    link: Literal["png", "result"] = "png" if "png" in document.links else "result"
    if job.state == "publishing" and link in document.links:
        # That of this machine goes when the result does.
        return stable_link(job.key(FILES[link]))
    return document.links.get(link)


def _are_elsewhere(job: Job, settings: ServeSettings) -> bool:
    """Whether links to the job's files lead away from this service."""
    return job.state == "done" and settings.links != "proxy"
