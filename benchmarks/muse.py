"""The images that benchmarks translate: simulated MUSE of any size, made once per size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.rivals.ours import KINDS
from cyclegan.images import create_image
from cyclegan.images.image import Pixels
from cyclegan.phantom import SPACING_UM, grow
from cyclegan.simulate import expose

SEED = 1
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
    with create_image(
        path, kind=KINDS[path.suffix], height=side, width=side, spacing_um=SPACING_UM
    ) as writer:
        for top in range(0, side, grown):
            rows = pixels[: side - top] if top // grown % 2 == 0 else pixels[::-1][: side - top]
            writer.write(widened(rows, side))


def widened(rows: Pixels, width: int) -> Pixels:
    """Rows with their mirror image to the right, as often as it takes."""
    beside = [(rows, rows[:, ::-1])[index % 2] for index in range(-(-width // rows.shape[1]))]
    return np.ascontiguousarray(np.concatenate(beside, axis=1)[:, :width])
