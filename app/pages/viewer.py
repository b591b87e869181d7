"""The page on which input and result are looked at, laid over each other in full size."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from app.access import job_to_see
from app.auditing import audited
from app.current import services
from app.documents import job_document
from app.pages.modules import imported
from app.rights import needs
from app.security import POLICY
from app.view import view_of

blueprint = Blueprint("viewer", __name__)

OPENSEADRAGONS_STYLE = "'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='"
"""The one style element that OpenSeadragon 6.1.1 adds: no outline where nothing can hover."""
NOTHING_YET = (
    "There is nothing to look at in full size: the image is not translated yet, or its translation "
    "ended without a result. Its page tells which."
)


@blueprint.get("/jobs/<job_id>/view")
@needs("viewer")
@audited("view")
def show(job_id: str) -> ResponseReturnValue:
    """The viewer; 404 while there is nothing to look at."""
    job = job_to_see(job_id)
    view = view_of(services(), job)
    if not view.layers:
        abort(404, NOTHING_YET)
    page = render_template(
        "viewer/show.html", job=job_document(services(), job), view=view, imported=imported
    )
    return page, {"Content-Security-Policy": f"{POLICY}; style-src 'self' {OPENSEADRAGONS_STYLE}"}
