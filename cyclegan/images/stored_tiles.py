"""Reading single tiles of a pyramid that `pyramid.PyramidWriter` has written.

The tiles of Deep Zoom lie on the grid of the stored ones, so that one is made of one; below the
smallest stored level, levels are made of it. Where Deep Zoom rounds up and the pyramid has rounded
down, a level lacks its last row or column: the one before it is repeated.

Only for files of our own making: what somebody has sent is decoded in a child process.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
from PIL import Image

from cyclegan.errors import CorruptImage
from cyclegan.images.deep_zoom import TILE_PX, DeepZoom, TileAddress
from cyclegan.images.image import Pixels
from cyclegan.images.region import Region
from cyclegan.images.tile_codecs import TILE_CODECS

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

JPEG_QUALITY = 90
DAMAGED = "the picture that is kept is damaged; delete it and send the image again"


@dataclass(frozen=True)
class StoredLevel:
    """One level, and where each of its tiles is in the file, row by row."""

    height: int
    """px"""
    width: int
    """px"""
    starts: array[int]
    lengths: array[int]
    """bytes"""

    def place(self, row: int, column: int) -> tuple[int, int]:
        """Where the tile begins, and how many bytes it has."""
        index = row * -(-self.width // TILE_PX) + column
        return self.starts[index], self.lengths[index]


@dataclass(frozen=True)
class StoredPyramid:
    """What the directories of a file say; the file itself is not held."""

    compression: str
    """A key of `TILE_CODECS`."""
    levels: tuple[StoredLevel, ...]
    """The largest first."""

    @property
    def deep_zoom(self) -> DeepZoom:
        """The levels that are served of it."""
        return DeepZoom(self.levels[0].height, self.levels[0].width)

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        return sum(16 * len(level.starts) for level in self.levels) + 1024


def survey(file: BinaryIO) -> StoredPyramid:
    """Where everything is in a pyramid's file, which is left open.

    Raises CorruptImage when it is none, or not one of ours.
    """
    # Serving pages needs no TIFF reader until somebody looks at an image.
    from tifffile import TiffFile, TiffFileError

    try:
        with TiffFile(file) as tiff:
            return _surveyed(tiff)
    except (TiffFileError, LookupError) as error:
        raise CorruptImage(DAMAGED) from error


def _surveyed(tiff: TiffFile) -> StoredPyramid:
    pages = [cast("TiffPage", tiff.pages.get(n, aspage=True)) for n in range(len(tiff.pages))]
    levels = tuple(
        StoredLevel(
            page.imagelength,
            page.imagewidth,
            array("Q", page.dataoffsets),
            array("Q", page.databytecounts),
        )
        for page in pages
    )
    codes = {codec.code: name for name, codec in TILE_CODECS.items()}
    return StoredPyramid(codes[int(pages[0].compression)], levels)


def read_tile(file: BinaryIO, pyramid: StoredPyramid, address: TileAddress, kind: str) -> bytes:
    """A tile of a pyramid's file as an image of a kind of `KINDS`; raises NoSuchTile.

    A whole tile that is stored as a JPEG leaves as it is.
    """
    zoom = pyramid.deep_zoom
    region = zoom.region(address)
    number = zoom.finest - address.level
    if number >= len(pyramid.levels):
        return KINDS[kind](_reduced(file, pyramid, zoom.size(address.level), number))
    level = pyramid.levels[number]
    row, top = divmod(min(region.y, level.height - 1), TILE_PX)
    column, left = divmod(min(region.x, level.width - 1), TILE_PX)
    data = _bytes(file, *level.place(row, column))
    if (kind, pyramid.compression) == PASSED_ON and (region.height, region.width) == WHOLE:
        return data
    # Beyond the image's edge the stored tile repeats its last row and column.
    tile = TILE_CODECS[pyramid.compression].decode(data)
    return KINDS[kind](tile[top : top + region.height, left : left + region.width])


def _reduced(file: BinaryIO, pyramid: StoredPyramid, size: tuple[int, int], number: int) -> Pixels:
    """A level below the smallest that is stored, which has at most 2 x 2 tiles."""
    smallest = pyramid.levels[-1]
    decode = TILE_CODECS[pyramid.compression].decode
    whole = np.empty((smallest.height, smallest.width, 3), np.uint8)
    for part in Region(0, 0, *whole.shape[:2]).parts(TILE_PX, TILE_PX):
        tile = decode(_bytes(file, *smallest.place(part.y // TILE_PX, part.x // TILE_PX)))
        whole[part.y :, part.x :][: part.height, : part.width] = tile[: part.height, : part.width]
    factor = 2 ** (number - len(pyramid.levels) + 1)
    means = np.asarray(Image.fromarray(whole).reduce(factor))
    below, beside = (wanted - found for wanted, found in zip(size, means.shape[:2], strict=True))
    return np.pad(means, ((0, below), (0, beside), (0, 0)), mode="edge")


def _bytes(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _as_jpeg(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return stream.getvalue()


def _as_png(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


WHOLE = (TILE_PX, TILE_PX)
PASSED_ON = ("jpg", "jpeg")
"""The kind and the compression of stored tiles that are images of that kind."""
KINDS: dict[str, Callable[[Pixels], bytes]] = {"jpg": _as_jpeg, "png": _as_png}
"""What tiles are served as, by the ending of their names: JPEG with full colour resolution (4:4:4),
or without loss."""
