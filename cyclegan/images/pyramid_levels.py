"""The levels of a pyramid, made from top to bottom while the rows of the largest arrive.

Each level is half the size of the one above it (rounded down) until the longer side is below
512 px. Of each, no more than one band is held, as the very portions in which its rows came:
together less than two bands of the largest.

    level 0   ████████████████   256 rows are handed on, and their 128 means go down
    level 1   ████████           after two bands above it are 256 rows full
    level 2   ████               after four
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

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
    portions: Sequence[Pixels]
    """The rows, (n, the level's width, 3) uint8: together 256 or, at the bottom, fewer."""

    @property
    def width(self) -> int:
        """px"""
        return int(self.portions[0].shape[1])

    def columns(self, left: int, count: int) -> Pixels:
        """At most so many columns, (rows, count, 3) uint8, from `left` on; perhaps a view."""
        parts = [rows[:, left : left + count] for rows in self.portions]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


class Levels:
    """Makes the levels of one image."""

    def __init__(self, *, height: int, width: int) -> None:
        self.sizes = level_sizes(height, width)
        """(height, width) of each level in px, the largest first."""
        self._done = [0] * len(self.sizes)
        self._waiting: list[list[Pixels]] = [[] for _ in self.sizes]

    def add(self, rows: Pixels) -> Iterator[Band]:
        """The bands of all levels that rows of level 0, (n, width, 3) uint8, complete; lazy.

        The rows are kept, not copied.
        """
        return self._add(0, rows)

    def _add(self, level: int, rows: Pixels) -> Iterator[Band]:
        # A last band of one row has no place in a level that was rounded down.
        rows = rows[: self.sizes[level][0] - self._done[level]]
        while len(rows):
            room = BAND_PX - self._done[level] % BAND_PX
            part, rows = rows[:room], rows[room:]
            self._waiting[level].append(part)
            self._done[level] += len(part)
            if len(part) == room or self._done[level] == self.sizes[level][0]:
                yield from self._complete(level)

    def _complete(self, level: int) -> Iterator[Band]:
        """The band of a level whose rows are all there, and those that it completes below."""
        portions, self._waiting[level] = self._waiting[level], []
        band = Band(level, self._done[level] - sum(map(len, portions)), portions)
        yield band
        if level + 1 < len(self.sizes):
            rows = halve(band)
            del band, portions  # large, and of no more use
            yield from self._add(level + 1, rows)


def level_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """(height, width) of each level in px, the largest first."""
    found = [(height, width)]
    while max(found[-1]) >= SMALLEST_PX:
        y, x = found[-1]
        found.append((max(1, y // 2), max(1, x // 2)))
    return found


def halve(band: Band) -> Pixels:
    """Rows of half the height and width, means of 2 x 2 px, a half rounded up.

    An odd last row or column is left out; a single one is kept.
    """
    width = max(1, band.width // 2)
    height = max(1, sum(map(len, band.portions)) // 2)
    means = np.empty((height, width, 3), np.uint8)
    for left in range(0, width, PART_PX // 2):
        part = _even(band.columns(2 * left, PART_PX))
        # Several times as fast as sums in numpy, and equal to them.
        means[:, left : left + PART_PX // 2] = np.asarray(Image.fromarray(part).reduce(2))
    return means


def _even(pixels: Pixels) -> Pixels:
    """An even number of rows and columns: without the last one, or a single one twice."""
    for axis in (0, 1):
        if pixels.shape[axis] == 1:
            pixels = pixels.repeat(2, axis=axis)
    height, width = (count // 2 * 2 for count in pixels.shape[:2])
    return pixels[:height, :width]
