"""Pixels that come in any pieces, handed on in parts of a fixed size.

An image is cut into bands of so many rows, and each of them into parts of so many columns. A part
waits until all of its pixels are there and those before it are handed on: band by band, each from
the left. Of pieces that are as high as a band, or higher, little more than the parts wait that are
being filled.
"""

from __future__ import annotations

from collections.abc import Iterator

from cyclegan.images.image import Pixels
from cyclegan.images.loan import lent
from cyclegan.images.region import Region


class Bands:
    """Collects the pixels of one image; whatever the pieces are, the parts are the same."""

    def __init__(self, *, height: int, width: int, rows: int, columns: int) -> None:
        self._height = height
        self._width = width
        self._rows = min(rows, height)
        self._columns = min(columns, width)
        self._waiting: dict[tuple[int, int], Part] = {}
        self._next = 0, 0

    def put(self, top: int, left: int, piece: Pixels) -> None:
        """Copy a piece to its place; what of it lies outside the image is left out."""
        piece = piece[: max(0, self._height - top), : max(0, self._width - left)]
        for at in Region(top, left, *piece.shape[:2]).parts(self._rows, self._columns):
            inside = piece[at.y - top :, at.x - left :][: at.height, : at.width]
            self._part(at).put(at, inside)

    def taken(self) -> Iterator[tuple[int, int, Pixels]]:
        """Top, left and pixels of each part that is due; lazy, and none is held any longer."""
        while self._next in self._waiting and not self._waiting[self._next].missing:
            top, left = self._next
            left += self._columns
            self._next = (top, left) if left < self._width else (top + self._rows, 0)
            yield self._take(top, left - self._columns)

    def _take(self, top: int, left: int) -> tuple[int, int, Pixels]:
        return top, left, self._waiting.pop((top, left)).pixels

    def _part(self, at: Region) -> Part:
        """The part that holds a region."""
        top, left = at.y - at.y % self._rows, at.x - at.x % self._columns
        if (top, left) not in self._waiting:
            height = min(self._rows, self._height - top)
            width = min(self._columns, self._width - left)
            self._waiting[top, left] = Part(Region(top, left, height, width))
        return self._waiting[top, left]


class Part:
    """Some columns of a band, while pixels of it are missing."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.pixels = lent(region.height, region.width, 3)
        self.missing = region.height * region.width
        """px"""

    def put(self, at: Region, pixels: Pixels) -> None:
        """Copy the pixels of a region that has none yet."""
        y, x = at.y - self._region.y, at.x - self._region.x
        self.pixels[y : y + at.height, x : x + at.width] = pixels
        self.missing -= at.height * at.width
