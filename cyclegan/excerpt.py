"""A part of an image as the translation of all of it will show it.

. . . . . . . . .      The plan is that of the whole image, so that colours and statistics are
. +-----------+ .      the same. What is cut (+) is the region (#) with the surroundings that
. |   #####   | .      decide its pixels: the reach of a model whose patches are cropped, or
. |   #####   | .      all patches of the whole image that have a part in the region, where
. +-----------+ .      they are mixed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan.engines.engine import Watch
from cyclegan.images.crop import Crop
from cyclegan.images.image import Pixels, Reader, Writer
from cyclegan.images.placement import Placement
from cyclegan.images.region import Region
from cyclegan.tiles import Span, TileGrid, padded_length, padded_size
from cyclegan.translate import Plan, Tiling, translate


def excerpt(reader: Reader, plan: Plan, region: Region, *, watch: Watch | None = None) -> Pixels:
    """The region of the translation, (height, width, 3) uint8; what is read lies around it.

    The plan was prepared for the whole image, and must be of patches; it can be used again. Where
    the whole is made of patches of another size, float32 may round a value to the next grey level.
    Raises ValueError when the region reaches outside the image, and Cancelled.
    """
    region.require_inside(reader.info.height, reader.info.width)
    if not isinstance(plan.way, Tiling):
        raise ValueError("a translation in strips has no excerpt but the whole")  # noqa: TRY004
    way, around = _around(plan.way, region)
    canvas = Canvas(around.height, around.width)
    translate(Crop(reader, *around), canvas, Plan(way), watch=watch)
    top, left = region.y - around.y, region.x - around.x
    found = canvas.pixels[top : top + region.height, left : left + region.width]
    return plan.blank.whitened(found, region.y, region.x) if plan.blank else found


class Canvas(Writer):
    """Holds the pixels that are written."""

    def __init__(self, height: int, width: int) -> None:
        self.pixels = np.empty((height, width, 3), np.uint8)
        self._placement = Placement(height=height, width=width)

    def write(self, piece: Pixels) -> None:
        """Put a piece where it belongs."""
        y, x = self._placement.add(piece)
        self.pixels[y : y + piece.shape[0], x : x + piece.shape[1]] = piece

    def close(self) -> None:
        """Do nothing: the pixels stay."""

    def abort(self) -> None:
        """Do nothing."""


def _around(way: Tiling, region: Region) -> tuple[Tiling, Region]:
    """The tiling of what must be translated for the region, and where that lies."""
    grid = way.grid
    if way.blend == "crop" and grid.halo >= way.prepared.halo:
        around = _with_surroundings(grid, region)
        cut = _even_grid(grid, around)
    else:
        seen = (grid.kept_rows, grid.kept_columns) if way.blend == "crop" else None
        down, across = seen or (grid.rows, grid.columns)
        rows = _tiles_at(grid.rows, down, region.y, region.height)
        columns = _tiles_at(grid.columns, across, region.x, region.width)
        bottom, right = min(rows.stop, grid.height), min(columns.stop, grid.width)
        around = Region(rows.start, columns.start, bottom - rows.start, right - columns.start)
        cut = replace(grid, height=around.height, width=around.width)
    return replace(way, grid=cut, skipped=[False] * len(cut)), around


def _with_surroundings(grid: TileGrid, region: Region) -> Region:
    """The region and a halo, from multiples to multiples or to the image's edge."""
    y, bottom = _widened(region.y, region.height, grid.height, grid)
    x, right = _widened(region.x, region.width, grid.width, grid)
    return Region(y, x, bottom - y, right - x)


def _widened(start: int, size: int, length: int, grid: TileGrid) -> tuple[int, int]:
    stop = padded_length(start + size + grid.halo, grid.multiple, 1)
    return max(0, start - grid.halo) // grid.multiple * grid.multiple, min(length, stop)


def _even_grid(grid: TileGrid, around: Region) -> TileGrid:
    """Tiles no larger than those of the whole image, and no more of them than need be."""
    largest = grid.core
    sides = padded_size(around.height, around.width, grid.multiple, grid.smallest)
    cores = []
    for side in sides:
        inside = max(side - 2 * grid.halo, grid.multiple)
        count = -(-inside // largest)
        cores.append(padded_length(-(-inside // count), grid.multiple, 1))
    return replace(grid, height=around.height, width=around.width, core=min(max(cores), largest))


def _tiles_at(tiles: list[Span], parts: list[Span], start: int, size: int) -> Span:
    """From the first to the last of the tiles whose parts meet an interval of an axis."""
    met = [
        tile
        for tile, part in zip(tiles, parts, strict=True)
        if part.start < start + size and part.stop > start
    ]
    return Span(met[0].start, max(tile.stop for tile in met))
