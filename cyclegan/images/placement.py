"""Where each piece of an image belongs, so that a wrong shape or number is an error at once."""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import Pixels


class Placement:
    """Follows the pieces given to a writer: from the left to the right, and then from the top on.

    Pieces beside each other have the same height; there may be one as wide as the image.
    """

    def __init__(self, *, height: int, width: int, done: int = 0) -> None:
        self.height = height
        self.width = width
        self.done = done
        """How many rows are complete, in px."""
        self._left = 0
        self._rows = 0
        """Height of the pieces beside each other."""

    def add(self, piece: Pixels) -> tuple[int, int]:
        """The place (y, x) of the next piece; raises ValueError when it does not fit there."""
        if piece.dtype != np.uint8 or piece.ndim != 3 or piece.shape[2] != 3:
            raise ValueError(
                f"pixels of shape {piece.shape} and type {piece.dtype} were given; "
                "(rows, columns, 3) uint8 is wanted"
            )
        rows, columns = piece.shape[:2]
        place = self.done, self._left
        if not self._fits(rows, columns):
            raise ValueError(
                f"a piece of {rows} rows and {columns} columns was given for the place {place} of "
                f"an image of {self.height} x {self.width} px"
                + (f", beside one of {self._rows} rows" if self._left else "")
            )
        self._rows = rows
        self._left += columns
        if self._left == self.width:
            self.done, self._left = self.done + rows, 0
        return place

    def finish(self) -> None:
        """Raise ValueError unless every row is complete."""
        if self.done != self.height:
            raise ValueError(f"{self.done} rows were written; the image has {self.height}")

    def _fits(self, rows: int, columns: int) -> bool:
        is_as_high = rows == self._rows if self._left else 1 <= rows <= self.height - self.done
        return is_as_high and 1 <= columns <= self.width - self._left
