"""A picture that goes through a network by itself: a whole image, or a tile of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan.engines.engine import Batch
from cyclegan.images.image import Reader
from cyclegan.tiles import Tile


@dataclass(frozen=True)
class Field:
    """A tile of an image whose edges are mirrored, as if there were no image around it.

    The tile may reach past the image's end below and on the right, where the image is mirrored.
    """

    reader: Reader
    tile: Tile

    def rows(self, top: int, bottom: int) -> Batch:
        """Rows of the field, (1, rows, width, 3) uint8."""
        tile, info = self.tile, self.reader.info
        height = min(tile.height, info.height - tile.y)
        width = min(tile.width, info.width - tile.x)
        # As many rows above the end as are mirrored below it.
        first = min(top, max(0, 2 * height - bottom - 1))
        inside = self.reader.read(tile.y + first, tile.x, min(bottom, height) - first, width)
        missing = ((0, max(0, bottom - height)), (0, tile.width - width), (0, 0))
        return np.pad(inside, missing, mode="reflect")[None, top - first :]
