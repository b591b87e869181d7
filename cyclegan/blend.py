"""Overlapping tiles to finished rows: streaming, with memory independent of the image's height.

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
from cyclegan.images.loan import lent
from cyclegan.tiles import Span, TileGrid

PORTION_BYTES = 2**20
"""Finished rows are handed over in portions of at least so much and of a sixteenth of what is
finished at once, so that their memory is free again while the others are still being written."""

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
    for row, kept in rows[first_row:]:
        spans = _portions(kept, grid.width)
        waiting = [lent(span.size, grid.width, 3) for span in spans]
        for column, across in columns:
            inside = next(patches)[:, across.start - column.start : across.stop - column.start]
            for span, portion in zip(spans, waiting, strict=True):
                part = inside[span.start - row.start : span.stop - row.start]
                portion[:, across.start : across.stop] = part
        while waiting:
            yield waiting.pop(0)


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
    rows = grid.rows
    band = np.zeros((min(rows[0].size, grid.height), grid.width, 3), np.float32)
    for index in range(first_row, len(rows)):
        for column, weight in zip(grid.columns, across, strict=True):
            _add(band, next(patches), column.start, down[index], weight)
        stop = rows[index + 1].start if index + 1 < len(rows) else grid.height
        finished = stop - rows[index].start
        for span in _portions(Span(0, finished), grid.width):
            yield np.rint(band[span.start : span.stop]).astype(np.uint8)
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
    """The image's rows, out of the pixels of `grid.tiles(first_row)` in their order.

    `batches` are (n, tile height, tile width, 3) uint8; rows come in portions, (rows, width, 3)
    uint8 and new arrays: a sixteenth or more of what each row of tiles finishes. They begin where
    `beginnings` says, and what earlier rows of tiles would add to them is missing. Lazy: a batch is
    asked for when the one before has been used up. Holds one tile's height of rows.
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


def _portions(rows: Span, width: int) -> list[Span]:
    """Some rows of an image, cut into those that are handed over as one."""
    size = max(-(-rows.size // 16), PORTION_BYTES // (3 * width), 1)
    starts = range(rows.start, rows.stop, size)
    return [Span(start, min(start + size, rows.stop)) for start in starts]


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
