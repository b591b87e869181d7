"""Deep Zoom: the pictures of a job in tiles, for OpenSeadragon and other viewers.

What is at an address never changes: a job's objects are written once.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request

from app import objects
from app.access import job_to_see
from app.api.operation import Operation, describe
from app.auditing import audited
from app.current import services
from app.documents import is_there
from app.job import Job
from app.rights import needs
from app.stores.store import NotStored
from app.tiles import PYRAMIDS, Tiles
from cyclegan.images.deep_zoom import TileAddress
from cyclegan.images.stored_tiles import KINDS

blueprint = Blueprint("tiles", __name__)

SHOWN_AS = "jpg"
"""The kind that viewers are told to ask for: a third of the bytes of PNG, and made faster."""
LASTING_S = 365 * 24 * 3600


@blueprint.get("/tiles/<job_id>/<which>.dzi")
@needs("viewer")
@audited("view")
@describe(
    Operation(
        "The size of a picture in Deep Zoom tiles: `input` or `result`",
        {200: ("application/xml",)},
        errors=(404, 422, 503),
    )
)
def descriptor(job_id: str, which: str) -> Response:
    """The descriptor; 404 while there is no such picture."""
    zoom = _tiles().deep_zoom(_job(job_id, which), which)
    response = Response(zoom.descriptor(SHOWN_AS), mimetype="application/xml")
    response.add_etag()
    return _lasting(response)


@blueprint.get("/tiles/<job_id>/<which>_files/<int:level>/<int:column>_<int:row>.<kind>")
@needs("viewer")
@audited("view", only_refused=True)
@describe(
    Operation(
        "A tile: `jpg`, or `png` without loss",
        {200: tuple(objects.CONTENT_TYPES[f".{kind}"] for kind in KINDS), 304: None},
        errors=(404, 422, 503),
    )
)
def show(job_id: str, which: str, *, level: int, column: int, row: int, kind: str) -> Response:
    """The tile; 404 outside of the picture."""
    job = _job(job_id, which)
    return _lasting(answer(job, which, TileAddress(level, row, column), kind))


def answer(job: Job, which: str, address: TileAddress, kind: str) -> Response:
    """A tile of a job that has such a picture; NotStored or NoSuchTile where there is none."""
    if kind not in KINDS:
        raise NotStored(kind)
    tile = _tiles().tile(job, which, address, kind)
    response = Response(tile, mimetype=objects.CONTENT_TYPES[f".{kind}"])
    response.add_etag()
    return response


def _job(job_id: str, which: str) -> Job:
    """The job, if this request may see it and it has such a picture."""
    job = job_to_see(job_id)
    if which not in PYRAMIDS or not is_there(services(), job, PYRAMIDS[which]):
        raise NotStored(which)
    return job


def _tiles() -> Tiles:
    tiles: Tiles = current_app.extensions["tiles"]
    return tiles


def _lasting(response: Response) -> Response:
    response.cache_control.private = True
    response.cache_control.max_age = LASTING_S
    response.cache_control.immutable = True
    response.make_conditional(request)
    return response
