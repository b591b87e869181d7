"""Which fields of an image are measured: all of a small image, an even sample of a large one."""

from __future__ import annotations

from itertools import pairwise

from cyclegan.images.image import Reader
from cyclegan.images.region import Region
from cyclegan.sampling import sample_tiles
from cyclegan.tissue import find_tissue

FIELD_PX = 1024
"""Height and width of a field at most."""
FIELDS = 16
"""Of an image at most; at least half of them hold tissue where there is so much."""


def choose_sites(reader: Reader) -> list[Region]:
    """The fields of an image, row by row, that do not overlap; always the same ones.

    An image of at most `FIELDS` fields is divided into them. Of a larger one as many are chosen
    among a lattice over the image, after one pass over it that tells where tissue is.
    """
    height, width = reader.info.height, reader.info.width
    down, across = _parts(height), _parts(width)
    if len(down) * len(across) <= FIELDS:
        return [Region(y, x, bottom - y, right - x) for y, bottom in down for x, right in across]
    mask = find_tissue(reader)
    tiles = sample_tiles(height, width, mask, size=FIELD_PX, count=FIELDS, multiple=1)
    return [Region(tile.y, tile.x, tile.height, tile.width) for tile in tiles]


def _parts(length: int) -> list[tuple[int, int]]:
    """An axis in as few equal parts of at most `FIELD_PX` as there can be."""
    count = -(-length // FIELD_PX)
    return list(pairwise(length * index // count for index in range(count + 1)))
