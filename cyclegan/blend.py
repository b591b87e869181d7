"""Overlapping tiles to finished strips: streaming, with memory independent of the image's height.

A blend is a weight along one axis of a tile. The weight of a pixel is the product of its two axes',
and the sum over all tiles that hold a pixel is a product too, so weights are made to sum to one
along each axis beforehand and nothing is divided per pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from cyclegan.engines.engine import Batch
from cyclegan.images.image import Pixels
from cyclegan.tiles import Span, TileGrid

Weights = NDArray[np.float32]
"""(n,) float32 >= 0: how much each px of one axis of a tile counts, before normalisation."""


def average(tile: Span, kept: Span, halo: int) -> Weights:  # noqa: ARG001 - the blends' signature
    """Every px of a tile counts the same (the scheme of the original)."""
    return np.ones(tile.size, np.float32)


def feather(tile: Span, kept: Span, halo: int) -> Weights:  # noqa: ARG001 - the blends' signature
    """Weight rises linearly from a tile's edge to the end of the overlap, 2 * halo px inside."""
    inwards = np.arange(1, tile.size + 1, dtype=np.float32)
    return np.minimum(np.minimum(inwards, inwards[::-1]), max(1, 2 * halo))


def crop(tile: Span, kept: Span, halo: int) -> Weights:  # noqa: ARG001 - the blends' signature
    """Only the kept part of a tile counts: nothing is mixed."""
    place = np.arange(tile.start, tile.stop)
    return ((place >= kept.start) & (place < kept.stop)).astype(np.float32)


BLENDS: dict[str, Callable[[Span, Span, int], Weights]] = {
    "average": average,
    "feather": feather,
    "crop": crop,
}


def reassemble(grid: TileGrid, batches: Iterable[Batch], *, blend: str) -> Iterator[Pixels]:
    """The image's rows from the top, in strips, out of the tiles' pixels in the grid's order.

    `batches` are (n, tile height, tile width, 3) uint8; strips are (rows, width, 3) uint8 and new
    arrays. Lazy: a batch is asked for when the one before has been used up. Holds one tile's height
    of rows as float32.
    """
    down = _normalised(grid.rows, grid.kept_rows, grid.halo, grid.height, blend)
    across = _normalised(grid.columns, grid.kept_columns, grid.halo, grid.width, blend)
    patches = (patch for batch in batches for patch in batch)
    rows = grid.rows
    band = np.zeros((min(rows[0].size, grid.height), grid.width, 3), np.float32)
    for index, row in enumerate(rows):
        for column, weight in zip(grid.columns, across, strict=True):
            _add(band, next(patches), column.start, down[index], weight)
        stop = rows[index + 1].start if index + 1 < len(rows) else grid.height
        finished = stop - row.start
        yield np.rint(band[:finished]).astype(np.uint8)
        band[:-finished] = band[finished:]
        band[-finished:] = 0


def _normalised(
    tiles: list[Span], kept: list[Span], halo: int, length: int, blend: str
) -> list[Weights]:
    """The weights of each tile along one axis, cut to the image, summing to one at every px."""
    raw = [
        BLENDS[blend](tile, keep, halo)[: length - tile.start]
        for tile, keep in zip(tiles, kept, strict=True)
    ]
    total = np.zeros(length, np.float32)
    for tile, weight in zip(tiles, raw, strict=True):
        total[tile.start : tile.stop] += weight
    return [weight / total[tile.start : tile.stop] for tile, weight in zip(tiles, raw, strict=True)]


def _add(band: NDArray[np.float32], patch: Pixels, x: int, down: Weights, across: Weights) -> None:
    """Add a tile's weighted pixels to the band, leaving out rows and columns of no weight."""
    ys, xs = _support(down), _support(across)
    weight = np.outer(down[ys], across[xs])[..., np.newaxis]
    band[ys, x + xs.start : x + xs.stop] += patch[ys, xs] * weight


def _support(weights: Weights) -> slice:
    places = np.flatnonzero(weights)
    return slice(int(places[0]), int(places[-1]) + 1)
