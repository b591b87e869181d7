"""The levels of a pyramid, made from top to bottom while the rows of the largest arrive.

Each level is half the size of the one above it (rounded down) until the longer side is below
512 px. Of each, no more than one band is held: together two bands of the largest.

    level 0   ████████████████   256 rows are handed on, and their 128 means go down
    level 1   ████████           after two bands above it are 256 rows full
    level 2   ████               after four
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
PART_PX = 2048
"""Columns that are halved at once, so that what is held in between stays small."""
SMALLEST_PX = 512
"""A level whose longer side is below this has no further one under it."""


@dataclass(frozen=True)
class Band:
    """Some rows of one level, over its whole width."""

    level: int
    """0 is the largest."""
    top: int
    """The first row's number in that level."""
    pixels: Pixels
    """(256 or, at the bottom, fewer; the level's width, 3) uint8; valid until the next band."""


class Levels:
    """Makes the levels of one image."""

    def __init__(self, *, height: int, width: int) -> None:
        self.sizes = level_sizes(height, width)
        """(height, width) of each level in px, the largest first."""
        self._bands = [Bands(height=y, width=x, rows=BAND_PX) for y, x in self.sizes]

    def add(self, rows: Pixels) -> Iterator[Band]:
        """The bands of all levels that rows of level 0, (n, width, 3) uint8, complete; lazy."""
        return self._add(0, rows)

    def _add(self, level: int, rows: Pixels) -> Iterator[Band]:
        for top, band in self._bands[level].add(rows):
            yield Band(level, top, band)
            if level + 1 < len(self.sizes):
                # A last band of one row has no place in a level that was rounded down.
                room = self.sizes[level + 1][0] - self._bands[level + 1].done
                yield from self._add(level + 1, halve(band)[:room])


def level_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """(height, width) of each level in px, the largest first."""
    found = [(height, width)]
    while max(found[-1]) >= SMALLEST_PX:
        y, x = found[-1]
        found.append((max(1, y // 2), max(1, x // 2)))
    return found


def halve(rows: Pixels) -> Pixels:
    """Rows of half the height and width, means of 2 x 2 px, a half rounded up.

    An odd last row or column is left out; a single one is kept.
    """
    if rows.shape[1] == 1:
        rows = rows.repeat(2, axis=1)
    if len(rows) == 1:
        rows = rows.repeat(2, axis=0)
    height, width = len(rows) // 2, rows.shape[1] // 2
    means = np.empty((height, width, 3), np.uint8)
    for left in range(0, width, PART_PX // 2):
        part = rows[: 2 * height, 2 * left : min(2 * left + PART_PX, 2 * width)]
        # Several times as fast as sums in numpy, and equal to them.
        means[:, left : left + PART_PX // 2] = Image.fromarray(part).reduce(2)
    return means
