"""How much of some images has colours that a model hardly met in training.

    .venv/bin/python benchmarks/familiar.py muse2he IMAGES... [--rigs 4]

prints the share of places for each image, files or folders, and how the shares are spread. With
--rigs the images are H&E, of each of which so many random microscopes take a picture: crops of
512 px at the model's pixel size, which the files have to tell. All of a crop counts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cyclegan.files import find_images
from cyclegan.images import open_image
from cyclegan.images.image import Pixels
from cyclegan.images.picture import Picture
from cyclegan.images.preview import means
from cyclegan.inputs import INPUTS
from cyclegan.models.catalogue import Catalogue
from cyclegan.models.colours import load_colours
from cyclegan.quality.patch import step_of
from cyclegan.rigs import draw_rig
from cyclegan.simulate import on_slide, simulate

CROP_PX = 512
LARGEST_PX = 2048
"""Of an image that is looked at as it is, a part of this side from its middle."""
SPREAD = (50, 75, 90, 95, 99)
"""Percentiles."""


def pictures(path: Path, spacing_um: float | None, rigs: int) -> Iterator[Pixels]:
    """What of a file is looked at."""
    side = CROP_PX if rigs else LARGEST_PX
    with open_image(path, spacing_um=spacing_um) as reader:
        height, width = (min(side, size) for size in (reader.info.height, reader.info.width))
        y, x = (reader.info.height - height) // 2, (reader.info.width - width) // 2
        pixels = reader.read(y, x, height, width)
    if not rigs:
        yield pixels
    for number in range(rigs):
        rng = np.random.default_rng(number)
        yield simulate(pixels, on_slide(draw_rig(rng), pixels)).muse


@click.command(help=__doc__)
@click.argument("model")
@click.argument("images", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--rigs", default=0)
@click.option("--models-dir", type=click.Path(path_type=Path), default=Path("data/models"))
def main(model: str, images: tuple[Path, ...], rigs: int, models_dir: Path) -> None:
    """Print a line for each image, and percentiles."""
    card = Catalogue(models_dir).find(model)
    familiar, step = load_colours(card), step_of(card.spacing_um)
    shares = []
    for path in find_images(images):
        for pixels in pictures(path, card.spacing_um, rigs):
            view = INPUTS[card.input](Picture(pixels))
            shares.append(float(familiar.strange(means(pixels, step), view).mean()))
            print(f"{shares[-1]:6.1%}  {path.name}", flush=True)
    found = np.percentile(shares, SPREAD)
    told = ", ".join(f"{one} %: {share:.1%}" for one, share in zip(SPREAD, found, strict=True))
    print(f"of {len(shares)} pictures, percentiles: {told}")


if __name__ == "__main__":
    main()
