"""The page on which input and result are looked at, laid over each other in full size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, url_for

from app.access import job_to_see
from app.auditing import audited
from app.current import services
from app.documents import job_document
from app.pages.modules import imported
from app.pages.viewing import VIEWING
from app.rights import needs
from app.view import View, view_of

blueprint = Blueprint("viewer", __name__)

NOTHING_YET = (
    "There is nothing to look at in full size: the image is not translated yet, or its translation "
    "ended without a result. Its page tells which."
)


@blueprint.get("/jobs/<job_id>/view")
@needs("viewer")
@audited("view")
def show(job_id: str) -> Response:
    """The viewer; 404 while there is nothing to look at."""
    job = job_to_see(job_id)
    view = view_of(services(), job)
    if not view.layers:
        abort(404, NOTHING_YET)
    document = job_document(services(), job)
    links: Any = document.links
    named = {"Input": "input_preview", "Virtual H&E": "result_preview"}
    return viewing(
        view,
        back=url_for("jobs.show", job_id=job_id),
        previews={alt: links[link] for alt, link in named.items() if link in links},
        regions=url_for("trials.show", job_id=job_id) if "input" in links else None,
    )


def viewing(
    view: View, *, back: str, previews: Mapping[str, str], regions: str | None = None
) -> Response:
    """The page of a view; `back` leads to its files, `previews` are for who runs no scripts.

    `regions` leads to where somebody who sends images has regions translated.
    """
    page = render_template(
        "viewer/show.html",
        view=view,
        back=back,
        previews=previews,
        regions=regions,
        imported=imported,
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = VIEWING
    return response
