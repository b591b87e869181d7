"""The page on which results are gone through, one after the other, with the keyboard."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from app import access
from app.auditing import audited
from app.review import REASONS
from app.reviews import ReviewState
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
    first = request.args.get("job")
    if first is not None:
        access.job_to_review(first)
    return render_template(
        "review/index.html", lists=LISTS, state=state, first=first or "", reasons=REASONS
    )
