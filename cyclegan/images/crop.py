"""A part of an image as an image of its own."""

from __future__ import annotations

from dataclasses import replace

from cyclegan.errors import SettingsError
from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.images.region import Region


class Crop(Reader):
    """Reads a rectangle of what another reader reads; closing it closes that one.

    The rectangle is in px of what is read, which may be a coarser level of the file. Raises
    SettingsError when it is empty or does not lie inside the image.
    """

    def __init__(self, reader: Reader, y: int, x: int, height: int, width: int) -> None:
        whole = reader.info
        self._reader = reader
        self._region = Region(y, x, height, width)
        _check(self._region, whole)
        self._info = replace(whole, height=height, width=width, read_from=whole.source)

    @property
    def info(self) -> ImageInfo:
        """The description of the part; its `source` is the whole file."""
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """The region whose top-left corner is at (y, x) of the part."""
        Region(y, x, height, width).require_inside(self._region.height, self._region.width)
        return self._reader.read(self._region.y + y, self._region.x + x, height, width)

    def finest(self) -> Reader:
        """What the other reader shows at its finest."""
        return self._reader.finest()

    def pause(self) -> None:
        """Let the reader of the whole pause."""
        self._reader.pause()

    def close(self) -> None:
        """Close the reader of the whole."""
        self._reader.close()


def _check(region: Region, whole: ImageInfo) -> None:
    try:
        region.require_inside(whole.height, whole.width)
    except ValueError as error:
        raise SettingsError(f"{error}; choose one inside") from error
    if not (region.height and region.width):
        raise SettingsError("the region has no pixels; choose one of at least 1 x 1 px")
