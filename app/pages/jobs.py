"""The pages of jobs: the list, one job, and stopping or removing it."""

from __future__ import annotations

from typing import cast
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

from app import submissions
from app.current import services
from app.documents import job_document
from app.job import STATES as ALL_STATES
from app.job import State
from app.pages import facts
from app.pages.words import STATES
from app.visitors import listed_user
from cyclegan.errors import ModelError
from cyclegan.models.card import ModelCard

blueprint = Blueprint("jobs", __name__)

PAGE = 24
"""Images on a page of the list."""
FILTERS: dict[str, str] = {"": "All"} | {
    state: STATES[state] for state in ALL_STATES if state != "publishing"
}
"""What the list can be narrowed to; storing a result is over too soon to look for."""


@blueprint.get("/jobs")
def index() -> ResponseReturnValue:
    """Earlier images, newest first, perhaps only those in one state."""
    state = request.args.get("state", "")
    if state not in FILTERS:
        abort(400, f"There is no state {state[:40]!r}; choose one of: {', '.join(ALL_STATES)}.")
    settings = services().settings
    cursor = request.args.get("cursor")
    page = services().queue.page(
        user=listed_user(settings),
        state=cast("State", state) if state else None,
        limit=PAGE,
        cursor=cursor,
    )
    return render_template(
        "jobs/index.html",
        jobs=[job_document(services(), job) for job in page.jobs],
        states=FILTERS,
        state=state,
        older=page.next_cursor,
        is_later_page=cursor is not None,
        is_local=settings.mode == "local",
        refused=get_flashed_messages(category_filter=["refused"]),
        news=get_flashed_messages(category_filter=["news"]),
    )


@blueprint.get("/jobs/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    """One job: its progress, then its input and result with their links."""
    job = services().queue.get(job_id)
    document = job_document(services(), job)
    card = _card(job.model)
    result = document.links.get("png") or document.links.get("result")
    return render_template(
        "jobs/show.html",
        job=document,
        card=card,
        facts=facts.facts(job, card=card),
        pictures=facts.pictures(document, card=card),
        is_tiny=facts.is_tiny(job),
        files=facts.files(job, document, store=services().store),
        result_link=urljoin(request.url_root, result) if result else "",
        page_link=url_for("jobs.show", job_id=job.id, _external=True),
        provenance=facts.provenance(job),
    )


@blueprint.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> ResponseReturnValue:
    """Stop a job, and go back to its page."""
    submissions.cancel(services(), job_id)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@blueprint.get("/jobs/<job_id>/delete")
def confirm(job_id: str) -> ResponseReturnValue:
    """Ask whether a job is really to be removed."""
    job = job_document(services(), services().queue.get(job_id))
    return render_template("jobs/delete.html", job=job)


@blueprint.post("/jobs/<job_id>/delete")
def delete(job_id: str) -> ResponseReturnValue:
    """Remove a job with its files, and go to the list."""
    name = services().queue.get(job_id).name
    submissions.remove(services(), job_id)
    flash(f"{name} and its files were deleted.", "news")
    return redirect(url_for("jobs.index"), 303)


def _card(name: str) -> ModelCard | None:
    try:
        return services().catalogue.card(name)
    except ModelError:  # the package may have been taken away since
        return None
