"""Overlapping tiles to finished pieces: streaming, with memory independent of the image's height.

Where tiles are mixed, each has a weight along each axis. The weight of a pixel is the product of
its two axes', and the sum over all tiles that hold a pixel is a product too, so weights are made to
sum to one along each axis beforehand and nothing is divided per pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cyclegan.engines.engine import Batch
from cyclegan.images.image import Pixels
from cyclegan.tiles import Span, TileGrid

Weights = NDArray[np.float32]
"""(n,) float32 > 0: how much each px of one axis of a tile counts, before normalisation."""


def average(size: int, halo: int) -> Weights:  # noqa: ARG001 - the weights' signature
    """Every px of a tile counts the same (the scheme of the original)."""
    return np.ones(size, np.float32)


def feather(size: int, halo: int) -> Weights:
    """Weight rises linearly from a tile's edge to the end of the overlap, 2 * halo px inside."""
    inwards = np.arange(1, size + 1, dtype=np.float32)
    return np.minimum(np.minimum(inwards, inwards[::-1]), max(1, 2 * halo))


def crop(grid: TileGrid, patches: Iterator[Pixels], first_row: int) -> Iterator[Pixels]:
    """Only the kept part of a tile counts: nothing is mixed and nothing computed."""
    columns = list(zip(grid.columns, grid.kept_columns, strict=True))
    rows = list(zip(grid.rows, grid.kept_rows, strict=True))
    for row, down in rows[first_row:]:
        for column, across in columns:
            inside = next(patches)[down.start - row.start : down.stop - row.start]
            yield inside[:, across.start - column.start : across.stop - column.start]


def mix(
    grid: TileGrid,
    patches: Iterator[Pixels],
    first_row: int,
    *,
    weights: Callable[[int, int], Weights],
) -> Iterator[Pixels]:
    """The weighted mean of all tiles that hold a pixel."""
    down = _normalised(grid.rows, grid.halo, grid.height, weights)
    across = _normalised(grid.columns, grid.halo, grid.width, weights)
    rows, columns = grid.rows, grid.columns
    band = np.zeros((min(rows[0].size, grid.height), grid.width, 3), np.float32)
    for index in range(first_row, len(rows)):
        finished = _step(rows, index, grid.height)
        for number, column in enumerate(columns):
            _add(band, next(patches), column.start, down[index], across[number])
            right = column.start + _step(columns, number, grid.width)
            yield np.rint(band[:finished, column.start : right]).astype(np.uint8)
        # In steps that do not overlap, which would be copied as a whole first.
        for top in range(0, len(band), finished):
            below = band[top + finished : top + 2 * finished]
            band[top : top + len(below)] = below
        band[-finished:] = 0


BLENDS: dict[str, Callable[[TileGrid, Iterator[Pixels], int], Iterator[Pixels]]] = {
    "average": partial(mix, weights=average),
    "feather": partial(mix, weights=feather),
    "crop": crop,
}


def reassemble(
    grid: TileGrid, batches: Iterable[Batch], *, blend: str, first_row: int = 0
) -> Iterator[Pixels]:
    """The image in pieces, out of the pixels of `grid.tiles(first_row)` in their order.

    `batches` are (n, tile height, tile width, 3) uint8; each tile finishes a piece, (n, m, 3)
    uint8, which may be a view of it, in the order that writers want. They begin where `beginnings`
    says, and what earlier rows of tiles would add to them is missing. Lazy: a batch is asked for
    when the one before has been used up. Holds what is not finished of the tiles.
    """
    patches = (patch for batch in batches for patch in batch)
    return BLENDS[blend](grid, patches, first_row)


def beginnings(grid: TileGrid, blend: str) -> list[int]:
    """The row of the image at which what each row of tiles finishes begins, in px."""
    spans = grid.kept_rows if blend == "crop" else grid.rows
    return [span.start for span in spans]


def needed_before(grid: TileGrid, blend: str, row: int) -> int:
    """The first row of tiles that has a part in what the row of tiles `row` finishes."""
    if blend == "crop":
        return row
    top = grid.rows[row].start
    return next(index for index, span in enumerate(grid.rows) if span.stop > top)


def _step(tiles: list[Span], index: int, length: int) -> int:
    """px along an axis from the beginning of a tile to that of the next, or to the image's end."""
    stop = tiles[index + 1].start if index + 1 < len(tiles) else length
    return stop - tiles[index].start


def _normalised(
    tiles: list[Span], halo: int, length: int, weights: Callable[[int, int], Weights]
) -> list[Weights]:
    """The weights of each tile along one axis, cut to the image, summing to one at every px."""
    raw = [weights(tile.size, halo)[: length - tile.start] for tile in tiles]
    total = np.zeros(length, np.float32)
    for tile, weight in zip(tiles, raw, strict=True):
        total[tile.start : tile.stop] += weight
    return [weight / total[tile.start : tile.stop] for tile, weight in zip(tiles, raw, strict=True)]


def _add(band: NDArray[np.float32], patch: Pixels, x: int, down: Weights, across: Weights) -> None:
    """Add a tile's weighted pixels to the band; what lies outside the image has no weight."""
    weight = np.outer(down, across)[..., np.newaxis]
    band[: len(down), x : x + len(across)] += patch[: len(down), : len(across)] * weight
