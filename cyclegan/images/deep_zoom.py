"""Where the tiles of a Deep Zoom image lie: its levels, from one pixel up to the image. No pixels.

Each level is half the size of the one above it, rounded up, and is cut into tiles of 256 px from
its top-left corner; those at the right and bottom are as large as what is left.

    level 0        1 x 1 px
    level 1        up to 2 x 2 px
    ...
    level finest   the image
"""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from cyclegan.images.pyramid_levels import BAND_PX
from cyclegan.images.region import Region

TILE_PX = BAND_PX
"""As in the pyramids that are written, so that one stored tile makes one that is served."""
NAMESPACE = "http://schemas.microsoft.com/deepzoom/2008"


class TileAddress(NamedTuple):
    """Which tile of an image; anybody can make one up."""

    level: int
    row: int
    column: int


class NoSuchTile(LookupError):  # noqa: N818 - reads as a sentence where it is caught
    """The address leads out of the image."""


class DeepZoom(NamedTuple):
    """The levels of an image of this size, in px."""

    height: int
    width: int

    @property
    def finest(self) -> int:
        """The number of the level that is the image."""
        return (max(self.height, self.width) - 1).bit_length()

    def size(self, level: int) -> tuple[int, int]:
        """(height, width) of a level in px; raises NoSuchTile."""
        if not 0 <= level <= self.finest:
            raise NoSuchTile(f"there is no level {level}")
        scale = 2 ** (self.finest - level)
        return -(-self.height // scale), -(-self.width // scale)

    def region(self, address: TileAddress) -> Region:
        """Where a tile lies in its level; raises NoSuchTile."""
        height, width = self.size(address.level)
        y, x = address.row * TILE_PX, address.column * TILE_PX
        if not (0 <= y < height and 0 <= x < width):
            raise NoSuchTile(f"there is no tile {address.column}_{address.row}")
        return Region(y, x, min(TILE_PX, height - y), min(TILE_PX, width - x))

    def descriptor(self, suffix: str) -> str:
        """The `.dzi` document for tiles whose names end in `.suffix`."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Image xmlns={quoteattr(NAMESPACE)} Format={quoteattr(suffix)}"
            f' Overlap="0" TileSize="{TILE_PX}">'
            f'<Size Width="{self.width}" Height="{self.height}"/></Image>\n'
        )
