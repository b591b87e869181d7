"""A whole image in memory, for those of which many small parts are read."""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.images.region import Region


class Held(Reader):
    """Reads all of another reader's pixels at once, and regions from memory; that one stays open.

    Processes that are forked share the memory; a pickled copy has its own.
    """

    def __init__(self, reader: Reader) -> None:
        self._info = reader.info
        self._pixels = reader.read(0, 0, self._info.height, self._info.width)

    @property
    def info(self) -> ImageInfo:
        """The description of the image."""
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """A copy of the region; raises ValueError when it reaches outside, or after closing."""
        if not self._pixels.size:
            raise ValueError("the reader is closed")
        Region(y, x, height, width).require_inside(self._info.height, self._info.width)
        return self._pixels[y : y + height, x : x + width].copy()

    def close(self) -> None:
        """Give the memory back; a second call does nothing."""
        self._pixels = np.empty((0, 0, 3), np.uint8)
