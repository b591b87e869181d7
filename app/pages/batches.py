"""The page of images that were sent together."""

from __future__ import annotations

from flask import Blueprint, get_flashed_messages, render_template, request
from flask.typing import ResponseReturnValue

from app import access
from app.auditing import audited
from app.batch_documents import batch_document
from app.current import services
from app.pages import projects
from app.rights import needs

blueprint = Blueprint("batches", __name__)

PAGE = 96
"""Images on a page of a batch: whole rows of two, three, four, six or eight."""


@blueprint.get("/batches/<batch_id>")
@needs("viewer")
@audited("list", only_refused=True)
def show(batch_id: str) -> ResponseReturnValue:
    """How far a batch is, what came of each image, and all results in one piece."""
    queue, whose, cursor = services().queue, access.listed(), request.args.get("cursor")
    batch = queue.batch(batch_id, whose=whose)
    page = queue.batch_page(batch_id, whose=whose, limit=PAGE, cursor=cursor)
    return render_template(
        "batches/show.html",
        batch=batch_document(services(), batch, page),
        page_size=PAGE,
        cursor=cursor,
        place=projects.place_of_batch(batch, page),
        refused=get_flashed_messages(category_filter=["refused"]),
    )
