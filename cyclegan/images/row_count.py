"""Counting the rows given to a writer, so that a wrong shape or number is an error at once."""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import Pixels


class RowCount:
    """How many of an image's rows have been written."""

    def __init__(self, *, height: int, width: int) -> None:
        self.height = height
        self.width = width
        self.done = 0

    def add(self, rows: Pixels) -> None:
        """Count rows in; raises ValueError when they are not (n, width, 3) uint8 or too many."""
        if rows.dtype != np.uint8 or rows.ndim != 3 or rows.shape[1:] != (self.width, 3):
            raise ValueError(
                f"rows of shape {rows.shape} and type {rows.dtype} were given; "
                f"(n, {self.width}, 3) uint8 is wanted"
            )
        if not 1 <= len(rows) <= self.height - self.done:
            raise ValueError(
                f"{len(rows)} rows were given after {self.done}; the image has {self.height}"
            )
        self.done += len(rows)

    def finish(self) -> None:
        """Raise ValueError unless every row has been counted."""
        if self.done != self.height:
            raise ValueError(f"{self.done} rows were written; the image has {self.height}")
