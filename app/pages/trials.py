"""The page on which a region is drawn and translated by several models, to choose one for all."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from app.access import job_to_see
from app.asking import has_input
from app.auditing import audited
from app.current import services
from app.documents import job_document
from app.pages.modules import imported
from app.pages.viewing import VIEWING
from app.rights import needs
from app.trial import MOST_MODELS, MOST_PX
from app.view import view_of

blueprint = Blueprint("trials", __name__)

INPUT_GONE = (
    "The image itself is no longer kept here, so nothing new can be made of it; send it again."
)


@blueprint.get("/jobs/<job_id>/try")
@needs("uploader")
@audited("view")
def show(job_id: str) -> ResponseReturnValue:
    """The input to draw on, whatever became of its job; 404 where it is not kept any more."""
    job = job_to_see(job_id)
    if not has_input(services(), job):
        abort(404, INPUT_GONE)
    view = view_of(services(), job)
    tiles = [layer for layer in view.layers if layer.which == "input"]
    cards = [card for card in services().catalogue.cards() if not card.hidden]
    page = render_template(
        "trials/show.html",
        job=job_document(services(), job),
        view=view.model_copy(update={"layers": tiles, "overlays": []}),
        has_viewer=bool(view.layers),
        models=cards,
        default=services().default_model,
        most_px=MOST_PX,
        most_models=MOST_MODELS,
        imported=imported,
    )
    return page, {"Content-Security-Policy": VIEWING}
