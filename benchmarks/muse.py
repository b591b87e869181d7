"""The images that benchmarks translate: simulated MUSE of any size, made once per size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from cyclegan.images import create_image
from cyclegan.images.image import Pixels
from cyclegan.images.region import Region
from cyclegan.phantom import SPACING_UM, grow
from cyclegan.simulate import expose

SEED = 1
TILE = 512
"""px, of sparse files"""
LARGEST_GROWN = 5120
"""px; what is larger is the image of this side, mirrored again and again."""


def muse_file(folder: Path, side: int, kind: str = "png") -> Path:
    """A "png" or "tif" of `side` x `side` px, which is made if the folder does not have it."""
    path = folder / f"muse-{side}.{kind}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save(path, side)
    return path


def muse(side: int, *, seed: int) -> Pixels:
    """Tissue grown from a seed, as a MUSE microscope sees it, `side` x `side` px."""
    tissue = grow(side, side, seed=seed)
    return expose(tissue.nuclear, tissue.counterstain).muse


def save(path: Path, side: int) -> None:
    """Write simulated tissue of one seed as PNG or TIFF."""
    grown = min(side, LARGEST_GROWN)
    pixels = muse(grown, seed=SEED)
    kind = {".png": "png", ".tif": "tiff"}[path.suffix]
    with create_image(path, kind=kind, height=side, width=side, spacing_um=SPACING_UM) as writer:
        for top in range(0, side, grown):
            rows = pixels[: side - top] if top // grown % 2 == 0 else pixels[::-1][: side - top]
            writer.write(widened(rows, side))


def widened(rows: Pixels, width: int) -> Pixels:
    """Rows with their mirror image to the right, as often as it takes."""
    beside = [(rows, rows[:, ::-1])[index % 2] for index in range(-(-width // rows.shape[1]))]
    return np.ascontiguousarray(np.concatenate(beside, axis=1)[:, :width])


def sparse_file(folder: Path, side: int, tissue: int) -> tuple[Path, Region]:
    """A BigTIFF of `side` x `side` px with tissue in its middle, and where that is.

    All else is left out of the file; `tissue` is the width of the tissue in px, about.
    """
    path = folder / f"sparse-{side}-{tissue}.tif"
    first, count = side // 2 // TILE, max(1, tissue // TILE)
    inside = range(first, first + count)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tifffile.TiffWriter(path, bigtiff=True) as file:
            file.write(
                _tiles(side, inside),
                shape=(side, side, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="rgb",
                compression="deflate",
            )
    return path, Region(first * TILE, first * TILE, count * TILE, count * TILE)


def _tiles(side: int, inside: range) -> Iterator[bytes]:
    """The tiles of a TIFF, row by row, as they are in the file: those outside are not."""
    grown = muse(min(len(inside) * TILE, LARGEST_GROWN // TILE * TILE), seed=SEED)
    count = grown.shape[0] // TILE
    for y in range(-(-side // TILE)):
        for x in range(-(-side // TILE)):
            if y in inside and x in inside:
                top, left = (y - inside.start) % count * TILE, (x - inside.start) % count * TILE
                yield zlib.compress(grown[top : top + TILE, left : left + TILE].tobytes(), 1)
            else:
                yield b""
