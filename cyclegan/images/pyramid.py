"""Writing a tiled pyramidal BigTIFF, as the rows arrive.

Every level (see `pyramid_levels`) is cut into tiles of 256 px, which are compressed in threads and
go into the file at once, in the order in which they are complete; the directories, which say where
each one is, come last. So nothing waits on disk, and of each level at most one row of tiles waits
in memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from cyclegan.images.image import Pixels, Writer
from cyclegan.images.new_file import NewFile, write_all
from cyclegan.images.placement import Placement
from cyclegan.images.pyramid_layouts import Layout
from cyclegan.images.pyramid_levels import BAND_PX, Levels
from cyclegan.images.srgb import srgb_profile
from cyclegan.images.threads import mapped, threads
from cyclegan.images.tiff_directory import (
    Field,
    blob,
    header,
    longs,
    positions,
    ratio,
    shorts,
    text,
)
from cyclegan.images.tile_codecs import TILE_CODECS

TILE_PX = BAND_PX
SUBFILE_TYPE, WIDTH, HEIGHT, BITS, DESCRIPTION, SAMPLES = 254, 256, 257, 258, 270, 277
X_RESOLUTION, Y_RESOLUTION, PLANAR, RESOLUTION_UNIT, SOFTWARE = 282, 283, 284, 296, 305
TILE_WIDTH, TILE_HEIGHT, TILE_POSITIONS, TILE_BYTES, ICC_PROFILE = 322, 323, 324, 325, 34675
REDUCED = 1
"""TIFF's NewSubfileType of a smaller copy of another page."""
CHUNKY, CENTIMETER = 1, 3
UM_PER_CM = 1e4


class PyramidWriter(Writer):
    """Writes tiles as their rows arrive, and the directories when closed."""

    def __init__(
        self,
        path: Path,
        *,
        layout: Layout,
        height: int,
        width: int,
        spacing_um: float | None,
        description: str = "",
        compression: str = "deflate",
    ) -> None:
        self._layout = layout
        self._spacing_um = spacing_um
        self._text = layout.describe(
            height=height, width=width, spacing_um=spacing_um, description=description
        )
        self._codec = TILE_CODECS[compression]
        self._placement = Placement(height=height, width=width)
        self._levels = Levels(height=height, width=width)
        self._starts = [array("Q") for _ in self._levels.sizes]
        self._lengths = [array("Q") for _ in self._levels.sizes]
        with ExitStack() as stack:
            self._target = NewFile(path)
            stack.callback(self._target.discard)
            self._file = stack.enter_context(self._target.open())
            self._threads = stack.enter_context(threads())
            write_all(self._file, header(0))
            self._leftovers = stack.pop_all()

    def write(self, piece: Pixels) -> None:
        """Append a piece of the image."""
        for level, encoded in mapped(self._threads, self._encoded, self._tiles(piece)):
            self._starts[level].append(self._file.tell())
            self._lengths[level].append(len(encoded))
            write_all(self._file, encoded)

    def close(self) -> None:
        """Write the directories, force the file to disk and give it its name."""
        with self._leftovers:
            self._placement.finish()
            levels = [self._fields(number) for number in range(len(self._levels.sizes))]
            first = self._layout.link(self._file, levels)
            self._file.seek(0)
            write_all(self._file, header(first))
            self._file.close()
            self._target.publish()

    def abort(self) -> None:
        """Throw away what was written."""
        self._leftovers.close()

    def _tiles(self, piece: Pixels) -> Iterator[tuple[int, Pixels]]:
        """The level and the pixels of each tile that is due, in the file's order; lazy."""
        for part in self._levels.add(*self._placement.add(piece), piece):
            for left in range(0, part.pixels.shape[1], TILE_PX):
                yield part.level, part.pixels[:, left : left + TILE_PX]

    def _encoded(self, tile: tuple[int, Pixels]) -> tuple[int, bytes]:
        level, pixels = tile
        return level, self._codec.encode(whole_tile(pixels))

    def _fields(self, number: int) -> list[Field]:
        height, width = self._levels.sizes[number]
        fields = [
            longs(SUBFILE_TYPE, REDUCED if number else 0),
            longs(WIDTH, width),
            longs(HEIGHT, height),
            shorts(BITS, 8, 8, 8),
            shorts(SAMPLES, 3),
            shorts(PLANAR, CHUNKY),
            text(SOFTWARE, "Color Mapper"),
            shorts(TILE_WIDTH, TILE_PX),
            shorts(TILE_HEIGHT, TILE_PX),
            positions(TILE_POSITIONS, self._starts[number]),
            positions(TILE_BYTES, self._lengths[number]),
            blob(ICC_PROFILE, srgb_profile()),
            *self._codec.fields,
        ]
        if self._text and not number:
            fields.append(text(DESCRIPTION, self._text))
        if self._spacing_um:
            per_cm = UM_PER_CM / self._spacing_um / 2**number
            fields += [ratio(X_RESOLUTION, per_cm), ratio(Y_RESOLUTION, per_cm)]
            fields.append(shorts(RESOLUTION_UNIT, CENTIMETER))
        return fields


def whole_tile(pixels: Pixels) -> Pixels:
    """A tile of full size; what lies outside of the image repeats the last column and row."""
    below, beside = (TILE_PX - count for count in pixels.shape[:2])
    if below or beside:
        return np.pad(pixels, ((0, below), (0, beside), (0, 0)), mode="edge")
    return pixels
