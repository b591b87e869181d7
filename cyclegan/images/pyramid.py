"""Writing a tiled pyramidal BigTIFF that OpenSlide, tiffslide and QuPath open with all its levels.

Levels are top-level pages, each half the size of the one above it (rounded down) until the longer
side is below 512 px; tiles of 256 px, lossless. Viewers need exactly this: with the levels in
SubIFDs, or not marked as reduced images, OpenSlide sees only the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cyclegan.images.image import Pixels, Writer
from cyclegan.images.new_file import NewFile
from cyclegan.images.raw_rows import RawRows
from cyclegan.images.row_count import RowCount
from cyclegan.images.srgb import srgb_profile

if TYPE_CHECKING:
    from tifffile import TiffWriter

TILE_PX = 256
SMALLEST_PX = 512
"""A level whose longer side is below this has no further one under it."""
LEVEL = 1
"""Of compression: the library's usual one takes twice the time for 6 % less."""
THREADS = 4
"""For compressing tiles."""
WAITING_BYTES = 32 * 2**20
"""Tiles that wait for a thread; the library's own choice is half a gigabyte."""
REDUCED = 1
"""TIFF's NewSubfileType of a smaller copy of another page."""


class PyramidWriter(Writer):
    """Writes the pyramid when closed.

    Rows wait in a nameless scratch file beside the target, so memory does not grow with the
    image's height; disk space for them is set aside at the start.
    """

    def __init__(
        self,
        path: Path,
        *,
        height: int,
        width: int,
        spacing_um: float | None,
        description: str = "",
    ) -> None:
        self._spacing_um = spacing_um
        self._description = description
        self._count = RowCount(height=height, width=width)
        self._folder = path.parent
        with ExitStack() as stack:
            self._base = RawRows(path.parent, height=height, width=width)
            stack.callback(self._base.close)
            self._file = NewFile(path)
            stack.callback(self._file.discard)
            self._leftovers = stack.pop_all()

    def write(self, rows: Pixels) -> None:
        """Append rows, (n, width, 3) uint8."""
        self._count.add(rows)
        self._base.append(rows)

    def close(self) -> None:
        """Compress all levels, force the file to disk and give it its name."""
        with self._leftovers:
            self._count.finish()
            self._write_levels()
            self._file.publish()

    def abort(self) -> None:
        """Throw away what was written."""
        self._leftovers.close()

    def _write_levels(self) -> None:
        # Costs a third of a second, and processes that only read have no use for it.
        from tifffile import TiffWriter

        with TiffWriter(self._file.path, bigtiff=True) as file:
            level = self._base
            self._write_level(file, level, number=0)
            number = 0
            while max(level.height, level.width) >= SMALLEST_PX:
                number += 1
                level = halved(level, self._folder)
                self._leftovers.callback(level.close)
                self._write_level(file, level, number=number)

    def _write_level(self, file: TiffWriter, level: RawRows, *, number: int) -> None:
        pixels_per_cm = 1e4 / self._spacing_um / 2**number if self._spacing_um else None
        file.write(
            tiles(level),
            shape=(level.height, level.width, 3),
            dtype="uint8",
            photometric="rgb",
            tile=(TILE_PX, TILE_PX),
            compression="adobe_deflate",
            compressionargs={"level": LEVEL},
            predictor=True,
            iccprofile=srgb_profile(),
            subfiletype=REDUCED if number else 0,
            metadata=None,
            description=self._description.encode() if self._description and not number else None,
            software="Color Mapper",
            resolution=(pixels_per_cm, pixels_per_cm) if pixels_per_cm else None,
            resolutionunit="CENTIMETER" if pixels_per_cm else None,
            maxworkers=THREADS,
            buffersize=WAITING_BYTES,
        )


def tiles(level: RawRows) -> Iterator[Pixels]:
    """The tiles of a level, row by row from the top left; those at the edges are cut short."""
    for top in range(0, level.height, TILE_PX):
        band = level.rows(top, TILE_PX)
        for left in range(0, level.width, TILE_PX):
            yield band[:, left : left + TILE_PX]


def halved(level: RawRows, folder: Path) -> RawRows:
    """A level of half the size in a scratch file of its own, each pixel the mean of four."""
    half = RawRows(folder, height=max(1, level.height // 2), width=max(1, level.width // 2))
    for top in range(0, level.height, 2 * TILE_PX):
        rows = halve(level.rows(top, 2 * TILE_PX))
        if len(rows):
            half.append(rows)
    return half


def halve(rows: Pixels) -> Pixels:
    """Rows of half the height and width, means of 2 x 2 px; an odd last row or column is left out.

    A single row or column is kept.
    """
    if rows.shape[1] == 1:
        rows = rows.repeat(2, axis=1)
    if len(rows) == 1:
        rows = rows.repeat(2, axis=0)
    height, width = len(rows) // 2 * 2, rows.shape[1] // 2 * 2
    rows = rows[:height, :width]
    total = rows[0::2, 0::2].astype(np.uint16)
    for y, x in ((0, 1), (1, 0), (1, 1)):
        total += rows[y::2, x::2]
    return ((total + 2) >> 2).astype(np.uint8)
