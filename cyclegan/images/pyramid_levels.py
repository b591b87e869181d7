"""The levels of a pyramid, made from top to bottom while the rows of the largest arrive.

Each level is half the size of the one above it (rounded down) until the longer side is below
512 px. Of each, no more than one band waits, in parts that are let go one by one when it is
complete: together less than two bands of the largest.

    level 0   ████|████|████|████   256 rows are handed on, and their 128 means go down
    level 1   ████|████             after two bands above it are 256 rows full
    level 2   ████                  after four
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cyclegan.images.image import Pixels
from cyclegan.images.loan import lent

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
        self._waiting = [Waiting(*size) for size in self.sizes]

    def add(self, rows: Pixels) -> Iterator[Part]:
        """The parts of all bands that rows of level 0, (n, width, 3) uint8, complete; lazy.

        Band by band, each from the left. The rows are copied; a part is held by whoever asked
        for it, and no longer than until the next.
        """
        while len(rows):
            count = self._waiting[0].put(0, rows)
            rows = rows[count:]
            yield from self._added(0, count)

    def _added(self, level: int, count: int) -> Iterator[Part]:
        """The band of a level that so many more rows complete, and those that it does below."""
        if not self._waiting[level].count(count):
            return
        means = 0
        for top, left, pixels in self._waiting[level].taken():
            yield Part(level, top, left, pixels)
            if level + 1 < len(self.sizes):
                means = self._put_below(level, left, pixels)
        if means:
            yield from self._added(level + 1, means)

    def _put_below(self, level: int, left: int, pixels: Pixels) -> int:
        """Put the means of some columns into the level below; how many rows of it they are."""
        rows = 0
        for start in range(0, pixels.shape[1], HALVED_PX):
            means = halve(pixels[:, start : start + HALVED_PX])
            rows = self._waiting[level + 1].put((left + start) // 2, means)
        return rows


class Waiting:
    """The rows of one level that wait until their band is complete."""

    def __init__(self, height: int, width: int) -> None:
        self._height = height
        self._width = width
        self._done = 0
        self._parts: dict[int, Pixels] = {}

    def put(self, left: int, pixels: Pixels) -> int:
        """Copy pixels below the rows that were counted, from a column on.

        Returns how many of their rows the band has room for. A last row or column that has no place
        in a level that was rounded down is left out.
        """
        top = self._done % BAND_PX
        room = min(BAND_PX - top, self._height - self._done)
        pixels = pixels[:room, : self._width - left]
        while pixels.shape[1]:
            start = left // PART_PX * PART_PX
            into = self._part(start)[top : top + len(pixels), left - start :]
            count = min(into.shape[1], pixels.shape[1])
            into[:, :count] = pixels[:, :count]
            left, pixels = left + count, pixels[:, count:]
        return len(pixels)

    def count(self, rows: int) -> bool:
        """Count rows that were put at all columns; whether they complete a band."""
        self._done += rows
        return self._done % BAND_PX == 0 or self._done == self._height

    def taken(self) -> Iterator[tuple[int, int, Pixels]]:
        """Top, left and pixels of each part of the band, from the left; none is held longer."""
        top = (self._done - 1) // BAND_PX * BAND_PX
        for left in sorted(self._parts):
            yield top, left, self._parts.pop(left)[: self._done - top]

    def _part(self, left: int) -> Pixels:
        """The part that begins at a column."""
        if left not in self._parts:
            size = min(BAND_PX, self._height), min(PART_PX, self._width - left)
            self._parts[left] = lent(*size, 3)
        return self._parts[left]


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
