"""The strips or tiles of a TIFF page, decoded and put together to bands of whole rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffPage

from cyclegan.errors import CorruptImage
from cyclegan.images.blocks import KEPT_BYTES, Blocks
from cyclegan.images.raster import BAND_PIXELS, Band
from cyclegan.images.region import Region

CUT_SHORT = "the TIFF file is cut short: parts of its picture lie behind its end; send it again"


class Segments:
    """The strips or tiles of one page; raises CorruptImage when the file cannot hold them all.

    In a planar page, each segment has the samples of one colour only, and those of all colours for
    the same place are put together again.
    """

    def __init__(self, page: TiffPage, path: Path) -> None:
        self._path = path
        self._size = page.imagelength, page.imagewidth, page.samplesperpixel
        self._dtype = page.dtype
        self._planes = page.samplesperpixel if page.planarconfig == 2 else 1
        self._height, self._width = _segment_size(page)
        self._down = -(-page.imagelength // self._height)
        self._across = -(-page.imagewidth // self._width)
        # All that tifffile looks up in the file, so that pixels can be read when it is closed.
        self._offsets, self._sizes = tuple(page.dataoffsets), tuple(page.databytecounts)
        self._decode = page.decode
        self._jpeg = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
        self.is_tiled = page.is_tiled
        self._check_places()

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence when tiles are declared as absent."""
        absent = sum(size == 0 for size in self._sizes[: self._count])
        return (f"{absent} tiles are not in the file; they were left empty.",) if absent else ()

    @property
    def _count(self) -> int:
        return self._planes * self._down * self._across

    def probe(self) -> None:
        """Decode the first and the last segment, so that what cannot be decoded shows early."""
        with self._path.open("rb") as file:
            for index in {0, self._count - 1}:
                self._decoded(file, index)

    def bands(self) -> Iterator[Band]:
        """Bands of whole rows from the top, (rows, width, samples), of bounded size."""
        height, width, _ = self._size
        rows = max(1, BAND_PIXELS // (self._height * width)) * self._height
        blocks = self.blocks(kept_bytes=0)
        for top in range(0, height, rows):
            yield blocks.read(Region(top, 0, min(rows, height - top), width))

    def blocks(self, *, kept_bytes: int = KEPT_BYTES) -> Blocks:
        """What reads regions of the page, (height, width, samples)."""
        return Blocks(
            self._block,
            size=self._size,
            cell=(self._height, self._width),
            dtype=np.dtype(self._dtype),
            kept_bytes=kept_bytes,
        )

    def _block(self, row: int, column: int) -> Band:
        """The samples of the segments at this place of the grid; absent ones are zero."""
        height, width, samples = self._size
        rows = min(self._height, height - row * self._height)
        columns = min(self._width, width - column * self._width)
        block = np.zeros((rows, columns, samples), self._dtype)
        with self._path.open("rb") as file:
            self._fill(block, file, row * self._across + column)
        return block

    def _fill(self, place: Band, file: BinaryIO, index: int) -> None:
        """Put the segment of each plane at this index into its place."""
        for plane in range(self._planes):
            piece = self._decoded(file, plane * self._down * self._across + index)
            if piece is None:
                continue
            part = place[:, :, plane : plane + 1] if self._planes > 1 else place
            piece = piece[: len(part), : part.shape[1]]
            if piece.shape != part.shape:
                raise CorruptImage(
                    f"a part of the TIFF file has {piece.shape} samples instead of "
                    f"{part.shape}; save it anew"
                )
            part[...] = piece

    def _decoded(self, file: BinaryIO, index: int) -> NDArray[Any] | None:
        """The samples of a segment, (rows, columns, samples); None for a tile that is absent."""
        size = self._sizes[index]
        if size == 0:
            return None
        file.seek(self._offsets[index])
        decoded, _, _ = self._decode(file.read(size), index, **self._jpeg)
        # (depth 1, rows, columns, samples) -> (rows, columns, samples)
        samples: NDArray[Any] = np.asarray(decoded)[0]
        return samples

    def _check_places(self) -> None:
        known = min(len(self._offsets), len(self._sizes))
        if known < self._count:
            raise CorruptImage(
                f"the TIFF file has {known} of {self._count} parts of its picture; save it anew"
            )
        file_bytes = self._path.stat().st_size
        places = zip(self._offsets, self._sizes, strict=False)
        if any(offset + size > file_bytes for offset, size in places):
            raise CorruptImage(CUT_SHORT)
        if not self.is_tiled and not all(self._sizes[: self._count]):
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
