"""Regions put together from the blocks in which a file keeps its pixels."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from cyclegan.images.raster import Band
from cyclegan.images.region import Region

KEPT_BYTES = 48 * 2**20
"""Enough for patches beside each other to share blocks of 1024 px, and for those below each other
to share the 1024 px tiles of a slide that is 16,384 px wide."""


class Blocks:
    """A grid of blocks that are decoded when they are asked for; the last ones used are kept."""

    def __init__(
        self,
        load: Callable[[int, int], Band],
        *,
        size: tuple[int, int, int],
        cell: tuple[int, int],
        dtype: np.dtype[Any],
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        """`load(row, column)` gives the block of the grid of cells (height, width) at that place.

        Blocks at the right and bottom edge are as large as is left of the image, whose `size` is
        (height, width, samples).
        """
        self._load = load
        self._size = size
        self._cell = cell
        self._dtype = dtype
        self._kept: OrderedDict[tuple[int, int], Band] = OrderedDict()
        self._room = kept_bytes

    def read(self, region: Region) -> Band:
        """The region's samples, (height, width, samples), a copy."""
        height, width = self._cell
        found = np.empty((region.height, region.width, self._size[2]), self._dtype)
        for part in region.parts(height, width):
            block = self._block(part.y // height, part.x // width)
            y, x = part.y % height, part.x % width
            top, left = part.y - region.y, part.x - region.x
            found[top : top + part.height, left : left + part.width] = block[
                y : y + part.height, x : x + part.width
            ]
        return found

    def _block(self, row: int, column: int) -> Band:
        block = self._kept.pop((row, column), None)
        if block is None:
            block = self._load(row, column)
            self._room -= block.nbytes
        self._kept[row, column] = block
        while self._room < 0 and len(self._kept) > 1:
            self._room += self._kept.popitem(last=False)[1].nbytes
        return block
