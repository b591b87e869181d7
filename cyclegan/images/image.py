"""What an image is to the rest of the package: its description, and the doors to its pixels.

Pixels are always `(height, width, 3) uint8`, RGB in sRGB, 0..255, upright.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(height, width, 3) uint8, RGB in sRGB, 0..255."""


@dataclass(frozen=True)
class Extent:
    """How large a picture is, and each of its pixels."""

    height: int
    """px"""
    width: int
    """px"""
    spacing_um: float | None
    """µm per pixel, or None when it is unknown."""


@dataclass(frozen=True)
class ImageInfo:
    """What is known of an image without its pixels.

    Size and spacing are those of what is read, upright: of a level of the file, resampled perhaps.
    """

    height: int
    """px"""
    width: int
    """px"""
    format: str
    """A key of `READERS`."""
    bits: int
    """Bits per sample in the file: 8 or 16 (1 to 7 bits count as 8)."""
    channels: int
    """Samples per pixel in the file: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA or CMYK."""
    spacing_um: float | None = None
    """µm per pixel, or None when it is unknown."""
    spacing_source: str | None = None
    """Where the spacing was read, in words for a person ("OME metadata", "TIFF resolution")."""
    notes: tuple[str, ...] = ()
    """Sentences for a person about what was done on reading ("The file has 3 pages; ...")."""
    read_from: Extent | None = None
    """The finest level of the file, where something else is read: a coarser level, a resampled
    picture, a part."""

    @property
    def source(self) -> Extent:
        """The finest level of the file, upright: for the record of where a picture comes from."""
        return self.read_from or Extent(self.height, self.width, self.spacing_um)


@dataclass(frozen=True)
class DecodeLimits:
    """What decoding one image may cost."""

    max_pixels: int = 120_000_000
    """Height times width of an image that is decoded whole."""
    max_region_pixels: int = 20_000_000_000
    """Height times width of an image that is read by regions."""
    memory_bytes: int = 4 * 2**30
    """Address space of the decoding child."""
    seconds: int = 60
    """Processor time of the decoding child for opening and for each region; wall time is limited
    to twice as much."""


class Reader(Protocol):
    """An open image whose regions can be read in any order, also from several threads.

    A reader can be pickled; the copy reads the same pixels in another process, and closing the copy
    leaves the original open.
    """

    @property
    def info(self) -> ImageInfo:
        """The description of the image."""

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """The region with its top-left corner at (y, x), which lies wholly inside the image."""

    def overview(self, longest: int) -> Reader:
        """The same picture as coarse as the file has it with `longest` px on its longer side.

        It is the reader itself where there is nothing coarser. It lives on what this reader holds:
        it is not closed, and ends with it.
        """
        del longest
        return self

    def finest(self) -> Reader:
        """The whole picture as fine as the file has it, where this reader shows less.

        It lives on what this reader holds: it is not closed, and ends with it.
        """
        return self

    def pause(self) -> None:
        """Give back what the next reading can get again, such as a process that decodes."""
        return  # most hold nothing of the kind

    def close(self) -> None:
        """Give back whatever the reader holds; a second call does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Writer(Protocol):
    """A file being written from top to bottom; it gets its name only when it is complete.

    Used as a context manager: leaving the block normally closes (all rows must have been
    written), leaving it by an error aborts and leaves nothing behind.
    """

    def write(self, piece: Pixels) -> None:
        """Append a piece, (n, m, 3) uint8, which must not be changed any more.

        Its place is beside the one before it, or below where that one has reached the right edge.
        Pieces beside each other have the same height; whole rows are pieces, too.
        """

    def close(self) -> None:
        """Finish the file, force it to disk and give it its name."""

    def abort(self) -> None:
        """Throw away what was written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()
