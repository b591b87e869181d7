"""Jobs whose pictures can be looked at tile by tile, without a worker."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from app import objects
from app.job import Job
from app.services import Services
from cyclegan.images import create_image
from cyclegan.images.image import Extent, Pixels


def finish_with_pictures(
    services: Services,
    folder: Path,
    *,
    before: Pixels,
    after: Pixels,
    spacing_um: float | None = None,
    compression: str = "deflate",
    hands_over: bool = False,
) -> Job:
    """Do with the next job what a worker does, with these pictures as input and result.

    `spacing_um` is the input's; the result's pixels are larger where it has fewer of them.
    """
    claim = services.queue.claim("a worker")
    assert claim is not None
    ratio = before.shape[0] / after.shape[0]
    extents = [
        Extent(before.shape[0], before.shape[1], spacing_um),
        Extent(after.shape[0], after.shape[1], spacing_um and spacing_um * ratio),
    ]
    files = [
        (objects.INPUT_TILES, before, "tiff", "jpeg"),
        (objects.RESULT, after, "tiff", compression),
        (objects.RESULT_PREVIEW, after, "preview", None),
    ]
    services.queue.publishing(
        claim, dict(zip(("source", "image"), map(asdict, extents), strict=True))
    )
    for name, pixels, kind, compressed in files:
        _write(folder / name, pixels, kind, compressed)
        objects.keep(services.staging, claim.job, name, folder / name)
    names = [objects.INPUT_PREVIEW, *(name for name, *_ in files)]
    end = services.queue.hand_over if hands_over else services.queue.finish
    end(claim, (claim.job.input_name, *names))
    return services.queue.get(claim.job.id)


def pyramid(folder: Path, pixels: Pixels) -> bytes:
    """The file of a result that shows the picture."""
    _write(folder / "pyramid.tif", pixels, "tiff", "deflate")
    return (folder / "pyramid.tif").read_bytes()


def _write(path: Path, pixels: Pixels, kind: str, compression: str | None) -> None:
    height, width = pixels.shape[:2]
    with create_image(
        path, kind=kind, height=height, width=width, compression=compression
    ) as writer:
        writer.write(np.ascontiguousarray(pixels))
