"""The levels of a pyramid, made from top to bottom while the rows of the largest arrive.

Each level is half the size of the one above it (rounded down) until the longer side is below
512 px. Each is handed on in bands, and those in parts, each as soon as it is complete. So of the
smaller levels half a band waits, which is together half as much as a band of the largest.

    level 0   ████|████|████|████   a part is handed on, and its 128 rows of means go down
    level 1   ████|████             in each second band, a part is full after two above it
    level 2   ████                  in each fourth, after four
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cyclegan.images.bands import Bands
from cyclegan.images.image import Pixels

BAND_PX = 256
"""Rows in a band: even, so that a band is halved by itself; and the height of a tile."""
PART_PX = 4096
"""Columns in a part of a band: even, too, and a whole number of tiles."""
HALVED_PX = 1024
"""Columns that are halved at once, even: Pillow holds them three times over meanwhile."""
SMALLEST_PX = 512
"""A level whose longer side is below this has no further one under it."""


@dataclass(frozen=True)
class Part:
    """Some columns of a band of one level."""

    level: int
    """0 is the largest."""
    top: int
    """The first row's number in that level."""
    left: int
    """The first column's number."""
    pixels: Pixels
    """(height, width, 3) uint8: 256 px or, at the bottom, less; `PART_PX` or, at the right, less"""


class Levels:
    """Makes the levels of one image."""

    def __init__(self, *, height: int, width: int) -> None:
        self.sizes = level_sizes(height, width)
        """(height, width) of each level in px, the largest first."""
        self._bands = [
            Bands(height=height, width=width, rows=BAND_PX, columns=PART_PX)
            for height, width in self.sizes
        ]

    def add(self, top: int, left: int, piece: Pixels) -> Iterator[Part]:
        """The parts of all levels that are due with a piece of level 0, (n, m, 3) uint8; lazy.

        Of each level band by band, each from the left; a part comes at once after the last of those
        above it that it is made from, whatever the pieces are. The piece is copied; a part is held
        by whoever asked for it, and no longer than until the next.
        """
        self._bands[0].put(top, left, piece)
        yield from self._due(0)

    def _due(self, level: int) -> Iterator[Part]:
        """The parts of a level that are due, and after each those of the levels below."""
        for top, left, pixels in self._bands[level].taken():
            yield Part(level, top, left, pixels)
            if level + 1 < len(self.sizes):
                self._put_below(level, top, left, pixels)
                del pixels  # so that it is gone while those below are handed on
                yield from self._due(level + 1)

    def _put_below(self, level: int, top: int, left: int, pixels: Pixels) -> None:
        """Put the means of a part into the level below."""
        for start in range(0, pixels.shape[1], HALVED_PX):
            means = halve(pixels[:, start : start + HALVED_PX])
            # A last row or column has no place in a level that was rounded down.
            self._bands[level + 1].put(top // 2, (left + start) // 2, means)


def level_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """(height, width) of each level in px, the largest first."""
    found = [(height, width)]
    while max(found[-1]) >= SMALLEST_PX:
        y, x = found[-1]
        found.append((max(1, y // 2), max(1, x // 2)))
    return found


def halve(pixels: Pixels) -> Pixels:
    """Half the height and width, means of 2 x 2 px, a half rounded up.

    An odd last row or column is left out; a single one is kept.
    """
    # Several times as fast as sums in numpy, and equal to them.
    return np.asarray(Image.fromarray(_even(pixels)).reduce(2))


def _even(pixels: Pixels) -> Pixels:
    """An even number of rows and columns: without the last one, or a single one twice."""
    for axis in (0, 1):
        if pixels.shape[axis] == 1:
            pixels = pixels.repeat(2, axis=axis)
    height, width = (count // 2 * 2 for count in pixels.shape[:2])
    return pixels[:height, :width]
