"""All pixels of an open image into another file."""

from __future__ import annotations

from collections.abc import Callable

from cyclegan.images.image import Reader, Writer
from cyclegan.images.pyramid_levels import BAND_PX, PART_PX
from cyclegan.images.region import Region


def copy_pixels(
    reader: Reader, writer: Writer, *, go_on: Callable[[], None] = lambda: None
) -> None:
    """Write what the reader shows, in pieces of whole tiles; nothing is closed.

    `go_on` is called before each piece, and ends the copying by what it raises.
    """
    for part in Region(0, 0, reader.info.height, reader.info.width).parts(BAND_PX, PART_PX):
        go_on()
        writer.write(reader.read(*part))
