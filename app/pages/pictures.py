"""Small pictures of jobs for lists, made of their previews."""

from __future__ import annotations

import io

from flask import Blueprint, Response, abort
from PIL import Image

from app import access, objects
from app.auditing import audited
from app.current import services
from app.rights import needs

blueprint = Blueprint("pictures", __name__)

SIDE_PX = 320
"""Longest side: twice what the lists show, for dense screens."""
PREVIEWS = {"input": objects.INPUT_PREVIEW, "result": objects.RESULT_PREVIEW}


@blueprint.get("/jobs/<job_id>/pictures/<which>")
@audited("view", only_refused=True)
@needs("viewer")
def show(job_id: str, which: str) -> Response:
    """The input or the result as a small JPEG; 404 while there is none."""
    if which not in PREVIEWS:
        abort(404)
    job = access.job_to_see(job_id)
    _, file = objects.opened(services(), job, PREVIEWS[which])
    with file, Image.open(file) as preview:
        preview.draft("RGB", (SIDE_PX, SIDE_PX))  # JPEG decoders halve the size for next to nothing
        preview.thumbnail((SIDE_PX, SIDE_PX))
        small = io.BytesIO()
        preview.convert("RGB").save(small, "JPEG", quality=85)
    response = Response(small.getvalue(), mimetype="image/jpeg")
    response.cache_control.private = True
    response.cache_control.max_age = 3600
    return response
