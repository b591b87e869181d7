"""Where a region lies: that it is inside an image, and how it is cut into smaller ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Region(NamedTuple):
    """A rectangle in px, its top-left corner inclusive."""

    y: int
    x: int
    height: int
    width: int

    def require_inside(self, height: int, width: int) -> None:
        """Raise ValueError when it reaches outside an image of this size."""
        if min(self) < 0 or self.y + self.height > height or self.x + self.width > width:
            raise ValueError(
                f"the region of {self.height} x {self.width} px at ({self.y}, {self.x}) does not "
                f"lie inside the image of {height} x {width} px"
            )

    def parts(self, height: int, width: int) -> Iterator[Region]:
        """What the cells of a grid of this size, which begins at (0, 0), have of it, row by row."""
        for top in range(self.y - self.y % height, self.y + self.height, height):
            for left in range(self.x - self.x % width, self.x + self.width, width):
                y, x = max(top, self.y), max(left, self.x)
                bottom = min(top + height, self.y + self.height)
                right = min(left + width, self.x + self.width)
                yield Region(y, x, bottom - y, right - x)
