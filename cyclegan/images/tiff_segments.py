"""The strips or tiles of a TIFF page, decoded and put together to bands of whole rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffPage

from cyclegan.errors import CorruptImage
from cyclegan.images.raster import BAND_PIXELS, Band

CUT_SHORT = "the TIFF file is cut short: parts of its picture lie behind its end; send it again"


class Segments:
    """The strips or tiles of one page; raises CorruptImage when the file cannot hold them all.

    In a planar page, each segment has the samples of one colour only, and those of all colours for
    the same place are put together again.
    """

    def __init__(self, page: TiffPage, file_bytes: int) -> None:
        self._page = page
        self._planes = page.samplesperpixel if page.planarconfig == 2 else 1
        self._height, self._width = _segment_size(page)
        self._down = -(-page.imagelength // self._height)
        self._across = -(-page.imagewidth // self._width)
        self._check_places(file_bytes)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence when tiles are declared as absent."""
        absent = sum(size == 0 for size in self._page.databytecounts)
        if not absent:
            return ()
        return (f"{absent} tiles are not in the file; they were left empty.",)

    def probe(self) -> None:
        """Decode the first and the last segment, so that what cannot be decoded shows early."""
        for index in {0, self._planes * self._down * self._across - 1}:
            self._decoded(index)

    def bands(self) -> Iterator[Band]:
        """Bands of whole rows from the top, (rows, width, samples), of bounded size."""
        page = self._page
        count = max(1, BAND_PIXELS // (self._height * page.imagewidth))
        for first in range(0, self._down, count):
            yield self._band(first, min(count, self._down - first))

    def _band(self, first: int, count: int) -> Band:
        page = self._page
        top = first * self._height
        rows = min(count * self._height, page.imagelength - top)
        band = np.zeros((rows, page.imagewidth, page.samplesperpixel), page.dtype)
        for row in range(count):
            for column in range(self._across):
                y, x = row * self._height, column * self._width
                place = band[y : y + self._height, x : x + self._width]
                self._fill(place, (first + row) * self._across + column)
        return band

    def _fill(self, place: Band, index: int) -> None:
        """Put the segment of each plane at this index into its place."""
        height, width, samples = place.shape
        for plane in range(self._planes):
            piece = self._decoded(plane * self._down * self._across + index)
            if piece is None:
                continue
            part = place[:, :, plane : plane + 1] if self._planes > 1 else place
            piece = piece[:height, :width]
            if piece.shape != part.shape:
                raise CorruptImage(
                    f"a part of the TIFF file has {piece.shape} samples instead of "
                    f"{(height, width, samples)}; save it anew"
                )
            part[...] = piece

    def _decoded(self, index: int) -> NDArray[Any] | None:
        """The samples of a segment, (rows, columns, samples); None for a tile that is absent."""
        page = self._page
        file = page.parent.filehandle
        size = page.databytecounts[index]
        if size == 0:
            return None
        file.seek(page.dataoffsets[index])
        # Read before `page.decode` is touched, which may look into the file and move its position.
        encoded = file.read(size)
        decoded, _, _ = page.decode(
            encoded, index, jpegtables=page.jpegtables, jpegheader=page.jpegheader
        )
        # (depth 1, rows, columns, samples) -> (rows, columns, samples)
        samples: NDArray[Any] = np.asarray(decoded)[0]
        return samples

    def _check_places(self, file_bytes: int) -> None:
        offsets, sizes = self._page.dataoffsets, self._page.databytecounts
        wanted = self._planes * self._down * self._across
        if min(len(offsets), len(sizes)) < wanted:
            raise CorruptImage(
                f"the TIFF file has {min(len(offsets), len(sizes))} of {wanted} parts of its "
                "picture; save it anew"
            )
        if any(offset + size > file_bytes for offset, size in zip(offsets, sizes, strict=False)):
            raise CorruptImage(CUT_SHORT)
        if not self._page.is_tiled and not all(sizes[:wanted]):
            raise CorruptImage("parts of the TIFF file's picture are missing; save it anew")


def _segment_size(page: TiffPage) -> tuple[int, int]:
    """Height and width of a tile or strip in px."""
    if page.is_tiled:
        size = page.tilelength, page.tilewidth
    else:
        size = min(page.rowsperstrip, page.imagelength), page.imagewidth
    if min(size) < 1:
        raise CorruptImage("the TIFF file has strips or tiles without pixels; save it anew")
    return size
