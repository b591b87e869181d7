"""Jobs whose pictures can be looked at tile by tile, without a worker."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

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
    blur_over: tuple[int, int] | None = None,
) -> Job:
    """Do with the next job what a worker does, with these pictures as input and result.

    `spacing_um` is the input's; the result's pixels are larger where it has fewer of them. A map
    of blur covers `blur_over` px of the result, (height, width).
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
    record: dict[str, object] = dict(
        zip(("source", "image"), map(asdict, extents), strict=True), quality=_quality(blur_over)
    )
    services.queue.publishing(claim, record)
    for name, pixels, kind, compressed in files:
        _write(folder / name, pixels, kind, compressed)
        objects.keep(services.staging, claim.job, name, folder / name)
    names = [objects.INPUT_PREVIEW, *(name for name, *_ in files)]
    if blur_over:
        Image.new("RGBA", (3, 2), (200, 0, 0, 120)).save(folder / objects.OVERLAYS["blur"])
        names.append(objects.OVERLAYS["blur"])
        objects.keep(services.staging, claim.job, names[-1], folder / names[-1])
    end = services.queue.hand_over if hands_over else services.queue.finish
    end(claim, (claim.job.input_name, *names))
    return services.queue.get(claim.job.id)


def _quality(covered: tuple[int, int] | None) -> dict[str, object] | None:
    """The record of a map of blur."""
    if covered is None:
        return None
    told = {"title": "Blur", "meaning": "Where it is not sharp.", "words": "of it", "share": 0.2}
    extent = dict(zip(("height", "width"), covered, strict=True))
    return {"verdicts": [], "extent": extent, "maps": [{"name": "blur", **told}]}


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
