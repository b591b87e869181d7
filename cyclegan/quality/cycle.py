"""Whether a result, turned back, gives the image again: by the generator that leads back.

That takes as long as a translation of what is looked at, at full size, and so only some fields are:
an even sample, with tissue for sure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cyclegan.engines.engine import Patchwise
from cyclegan.images.image import ImageInfo, Reader
from cyclegan.images.region import Region
from cyclegan.inputs import View
from cyclegan.quality.patch import Cells, block_means
from cyclegan.sampling import sample_tiles
from cyclegan.stains import Floats
from cyclegan.tissue import Flags, TissueMask

FIELD_PX = 256
"""Side of a field, about."""
MOST_PX = 2**20
"""Of all fields together."""


@dataclass(frozen=True, eq=False)
class WayBack:
    """What turns results back into what the network has seen."""

    patches: Patchwise
    view: View
    """How the network saw the image."""
    usual_error: float
    """Grey levels that 95 % of the places in training differ by at most."""


def cycle_errors(
    image: Reader,
    result: Reader,
    cells: Cells,
    tissue: Flags,
    way: WayBack,
    *,
    check: Callable[[], None],
) -> tuple[Floats, float]:
    """How many times the usual error each cell has, (rows, columns); NaN where nobody looked.

    The other number is the share of the image that was looked at, 0..1. Raises what reading and
    translating raise.
    """
    errors, looked = np.full(cells.shape, np.nan, np.float32), 0
    for place in _fields(image.info, cells, tissue, way.patches.multiple):
        check()
        apart = np.abs(_turned_back(result, way.patches, place) - way.view(image.read(*place)))
        found = block_means(apart.mean(axis=2), cells.cell_px) / way.usual_error
        top, left = place.y // cells.cell_px, place.x // cells.cell_px
        errors[top : top + found.shape[0], left : left + found.shape[1]] = found
        looked += place.height * place.width
    return errors, looked / (image.info.height * image.info.width)


def _fields(info: ImageInfo, cells: Cells, tissue: Flags, multiple: int) -> Iterator[Region]:
    """What is looked at: all of a small image, or a sample; fields begin where cells do."""
    side = math.lcm(cells.cell_px, multiple)
    size = max(side, FIELD_PX // side * side)
    whole = Region(0, 0, info.height, info.width)
    if info.height * info.width <= MOST_PX:
        yield from whole.parts(size, size)
        return
    mask = TissueMask(info.height, info.width, cells.cell_px, tissue)
    count = max(1, MOST_PX // size**2)
    for tile in sample_tiles(*whole[2:], mask, size=size, count=count, multiple=side):
        bottom, right = min(tile.y + tile.height, info.height), min(tile.x + tile.width, info.width)
        yield Region(tile.y, tile.x, bottom - tile.y, right - tile.x)


def _turned_back(result: Reader, patches: Patchwise, place: Region) -> Floats:
    """A region of a result turned back as if all of it were, by reading what lies around it."""
    top, left = max(place.y - patches.halo, 0), max(place.x - patches.halo, 0)
    bottom = min(place.y + place.height + patches.halo, result.info.height)
    right = min(place.x + place.width + patches.halo, result.info.width)
    made = patches(result.read(top, left, bottom - top, right - left)[np.newaxis])[0]
    y, x = place.y - top, place.x - left
    return np.asarray(made[y : y + place.height, x : x + place.width], dtype=np.float32)
