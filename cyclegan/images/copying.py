"""All rows of an open image into another file."""

from __future__ import annotations

from collections.abc import Callable

from cyclegan.images.image import Reader, Writer
from cyclegan.images.pyramid_levels import BAND_PX


def copy_rows(reader: Reader, writer: Writer, *, go_on: Callable[[], None]) -> None:
    """Write what the reader shows, a row of tiles at a time; nothing is closed.

    `go_on` is called before each portion, and ends the copying by what it raises.
    """
    height, width = reader.info.height, reader.info.width
    for y in range(0, height, BAND_PX):
        go_on()
        writer.write(reader.read(y, 0, min(BAND_PX, height - y), width))
