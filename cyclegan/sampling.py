"""Which square tiles of an image stand for the whole of it: an even sample, with tissue for sure.

Tiles are chosen among a lattice that covers the image as evenly as it can. They are put in order by
how much tissue they hold and, where that is alike, along a curve that stays in one part of the
image as long as it can; every so manieth of that order is taken. So tissue, its edges and blank
have the shares that they have in the image, and each of them comes from all over it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyclegan.tiles import Tile, padded_length
from cyclegan.tissue import TissueMask

LEAST_TISSUE = 0.5
"""Share of a sample that holds tissue, however little of the image does, where there is so much."""


def sample_tiles(
    height: int, width: int, mask: TissueMask | None, *, size: int, count: int, multiple: int
) -> list[Tile]:
    """At most `count` tiles of an image, from the top, that do not overlap; always the same ones.

    `size` is their height and width in px, rounded down to the multiple on whose multiples they
    begin; they are fewer where the image has no room for more. Along an axis shorter than a tile it
    is the image's length, rounded up, so that a tile reaches past the end.
    """
    size = max(multiple, size // multiple * multiple)
    down, across = (_starts(length, size, multiple) for length in (height, width))
    tile_height, tile_width = (
        min(size, padded_length(length, multiple, 1)) for length in (height, width)
    )
    lattice = [Tile(y, x, tile_height, tile_width) for y in down for x in across]
    if len(lattice) <= count:
        return lattice
    tissue = np.array([_tissue_share(mask, tile) for tile in lattice])
    order = np.lexsort((_along_curve(len(down), len(across)), np.ceil(tissue * 4)))
    return [lattice[place] for place in sorted(_every(order, tissue[order] > 0, count))]


def _every(order: NDArray[np.intp], holds: NDArray[np.bool_], count: int) -> list[int]:
    """`count` of an order at even distances; `holds` says which have tissue, all at the end."""
    blank, full = order[~holds], order[holds]
    tissue = round(count * len(full) / len(order))
    tissue = max(tissue, min(len(full), round(count * LEAST_TISSUE)), count - len(blank))
    return [
        int(part[int((i + 0.5) * len(part) / n)])
        for part, n in ((blank, count - tissue), (full, tissue))
        for i in range(n)
    ]


def _starts(length: int, size: int, multiple: int) -> list[int]:
    """Where as many tiles as fit begin, spread evenly from the first px to the last."""
    count = max(1, length // size)
    spare = max(0, length - count * size)
    gaps = max(1, count - 1)
    offset = spare // 2 if count == 1 else 0
    return [
        (offset + index * size + index * spare // gaps) // multiple * multiple
        for index in range(count)
    ]


def _tissue_share(mask: TissueMask | None, tile: Tile) -> float:
    if mask is None:
        return 1.0
    return mask.tissue_share(tile.y, tile.x, tile.height, tile.width)


def _along_curve(rows: int, columns: int) -> NDArray[np.int64]:
    """The places of a lattice, row by row, on a curve in the order of their interleaved bits."""
    y, x = (axis.astype(np.int64).ravel() for axis in np.indices((rows, columns)))
    place = np.zeros_like(y)
    for bit in range(max(rows, columns).bit_length()):
        place |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return place
