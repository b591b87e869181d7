"""The page on which results are gone through, one after the other, with the keyboard."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from app import access
from app.api.reviews import item_document
from app.auditing import audited
from app.current import services
from app.pages.modules import imported
from app.pages.viewing import VIEWING
from app.review import REASONS
from app.reviews import Reviewed, ReviewState
from app.rights import needs

blueprint = Blueprint("review", __name__)

LISTS: dict[ReviewState, str] = {
    "unreviewed": "To review",
    "accepted": "Accepted",
    "unsure": "Unsure",
    "rejected": "Rejected",
}
"""What can be gone through, and what it is called."""


@blueprint.get("/review")
@needs("reviewer")
@audited("list", only_refused=True)
def index() -> ResponseReturnValue:
    """Results in one state of review; with `job`, that one's result comes first."""
    state = request.args.get("state", "unreviewed")
    if state not in LISTS:
        known = ", ".join(name for name in get_args(ReviewState) if name in LISTS)
        abort(400, f"There is no state {state[:40]!r}; choose one of: {known}.")
    place = request.args.get("project", "")
    if place:
        access.project_to_see(place)
    page = render_template(
        "review/index.html",
        lists=LISTS,
        state=state,
        first=_first(request.args.get("job")),
        reasons=REASONS,
        titles={card.name: card.title for card in services().catalogue.cards()},
        imported=imported,
        projects=access.projects(),
        place=place,
    )
    return page, {"Content-Security-Policy": VIEWING}


def _first(job_id: str | None) -> str:
    """The result that comes before all others, as JSON; empty for none."""
    if job_id is None:
        return ""
    job = access.job_to_review(job_id)
    latest = next(iter(services().reviews.history(job_id)), None)
    return item_document(Reviewed(job=job, review=latest)).model_dump_json()
