"""Draw a sheet of made tissue under some microscopes, what models make of it, and the truth.

Real H&E would tell more, but none may lie in the repository.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.settings import load_settings
from cyclegan.engines.engine import Engine, Room, Watch
from cyclegan.evaluate.translation import Translation
from cyclegan.images.image import Pixels
from cyclegan.images.picture import Picture
from cyclegan.images.region import Region
from cyclegan.models.catalogue import Catalogue
from cyclegan.muse import MuseSpec
from cyclegan.phantom import grow
from cyclegan.rigs import draw_rig
from cyclegan.simulate import expose

SIDE = 448
"""px of each picture."""
GAP = 6
RIGS = (None, 1, 2, 5)
"""Seeds of the microscopes; None: the one of the sample image."""


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--model", default=("muse2he", "colour-mapping"), multiple=True, show_default=True)
def main(out: Path, model: tuple[str, ...]) -> None:
    """Write a picture: a row for each microscope, of input, translations and truth."""
    catalogue = Catalogue(load_settings(os.environ, mode="local").models)
    engines = [catalogue.engine(name) for name in model]
    rows = []
    for number, seed in enumerate(RIGS):
        spec = MuseSpec() if seed is None else draw_rig(np.random.default_rng(seed))
        tissue = grow(SIDE, SIDE, seed=number)
        made = expose(tissue.nuclear, tissue.counterstain, spec)
        translations = [_translated(made.muse, engine) for engine in engines]
        rows.append(_beside([made.muse, *translations, made.he], axis=1))
    Image.fromarray(_beside(rows, axis=0)).save(out, quality=88, subsampling=0)


def _translated(muse: Pixels, engine: Engine) -> Pixels:
    with tempfile.TemporaryDirectory() as scratch:
        image = Picture(muse)
        with Translation(image, engine, room=Room(Path(scratch)), watch=Watch()) as made:
            return made.read(Region(0, 0, SIDE, SIDE))


def _beside(pictures: list[Pixels], *, axis: int) -> Pixels:
    shape = list(pictures[0].shape)
    shape[axis] = GAP
    white = np.full(shape, 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, white)][:-1]
    return np.concatenate(parts, axis=axis)


if __name__ == "__main__":
    main()
