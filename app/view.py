"""What a viewer is told of a job: its pictures in tiles, how they lie on each other, and overlays.

Places and sizes are in px of the input: what the person has sent is what everything is laid over.
Nothing here knows of Flask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from app.documents import Document, links, quality
from app.job import Job
from app.tiles import PYRAMIDS
from cyclegan.images.deep_zoom import TILE_PX

if TYPE_CHECKING:
    from app.services import Services

TITLES = {"input": "Input", "result": "Virtual H&E"}


class Layer(Document):
    """A picture in Deep Zoom tiles."""

    which: str = Field(description="`input` or `result`.")
    title: str
    tiles: str = Field(description="What precedes `<level>/<column>_<row>.jpg`.")
    tile_px: int
    height: int = Field(description="px of its own")
    width: int = Field(description="px of its own")
    scale: float = Field(description="px of the input along one side of one of its px.")


class Overlay(Document):
    """A picture with transparent parts that can be laid over the others."""

    title: str
    meaning: str = Field(description="What it shows, in one sentence.")
    image: str
    y: float = Field(description="px of the input, of its top edge")
    x: float = Field(description="px of the input, of its left edge")
    height: float = Field(description="px of the input")
    width: float = Field(description="px of the input")


class View(Document):
    """All that can be looked at of a job."""

    name: str
    height: int = Field(description="px of the input")
    width: int = Field(description="px of the input")
    mpp: float | None = Field(description="µm per px of the input; null when unknown.")
    layers: list[Layer] = Field(description="The input first; empty while there is nothing.")
    overlays: list[Overlay]


def view_of(services: Services, job: Job) -> View:
    """The pictures that are there now."""
    found = links(services, job)
    _, _, scale = _of_result(job)
    return View(
        name=job.name,
        height=job.height,
        width=job.width,
        mpp=job.mpp,
        layers=[
            _layer(job, which, f"/tiles/{job.id}/{which}_files/")
            for which in PYRAMIDS
            if f"{which}_tiles" in found
        ],
        overlays=[
            Overlay(
                title=drawn.title,
                meaning=drawn.meaning,
                image=drawn.link,
                y=0,
                x=0,
                height=drawn.height * scale,
                width=drawn.width * scale,
            )
            for drawn in quality(services, job).maps
        ],
    )


def result_alone(job: Job, *, tiles: str) -> View:
    """The result, and nothing of the input but its size; `tiles` is where its tiles are."""
    return View(
        name=job.name,
        height=job.height,
        width=job.width,
        mpp=job.mpp,
        layers=[_layer(job, "result", tiles)],
        overlays=[],
    )


def _layer(job: Job, which: str, tiles: str) -> Layer:
    height, width, scale = job.height, job.width, 1.0
    if which == "result":
        height, width, scale = _of_result(job)
    return Layer(
        which=which,
        title=TITLES[which],
        tiles=tiles,
        tile_px=TILE_PX,
        height=height,
        width=width,
        scale=scale,
    )


def _of_result(job: Job) -> tuple[int, int, float]:
    """Height and width of the result, and its scale: a model may want larger pixels."""
    record: Any = job.provenance or {}
    # Results of earlier versions are as large as their input, and say nothing of it.
    image = record.get("image", {"height": job.height, "width": job.width, "spacing_um": None})
    source = record.get("source", image)
    scale = 1.0
    if image["spacing_um"] and source["spacing_um"]:
        scale = image["spacing_um"] / source["spacing_um"]
    return image["height"], image["width"], scale
