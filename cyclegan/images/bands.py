"""Rows that come in any portions, handed on in bands of a fixed height."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cyclegan.images.image import Pixels


class Bands:
    """Collects the rows of one image; whatever the portions are, the bands are the same."""

    def __init__(self, *, height: int, width: int, rows: int) -> None:
        self.done = 0
        """How many of the image's rows were added."""
        self._height = height
        self._rows = rows
        self._waiting = np.empty((min(rows, height), width, 3), np.uint8)

    def add(self, rows: Pixels) -> Iterator[tuple[int, Pixels]]:
        """Each band that rows, (n, width, 3) uint8, complete: its first row's number, and it.

        A band has as many rows as was asked for; the image's last one may have fewer. It is a view
        of memory that the next one takes, and lazy: nothing is added but by going through all.
        """
        while len(rows):
            start = self.done % self._rows
            room = len(self._waiting) - start
            part, rows = rows[:room], rows[room:]
            self._waiting[start : start + len(part)] = part
            self.done += len(part)
            if len(part) == room or self.done == self._height:
                end = start + len(part)
                yield self.done - end, self._waiting[:end]
