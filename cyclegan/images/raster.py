"""What a decoder hands over: an image as it lies in the file, before colour, depth and alpha."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from cyclegan.errors import ImageTooLarge
from cyclegan.images.image import DecodeLimits
from cyclegan.images.region import Region
from cyclegan.images.spacing import Spacing

Band = NDArray[Any]
"""(rows, width, samples) of any real type: colour samples first, then alpha if there is one."""

Alpha = Literal["none", "straight", "premultiplied"]
"""Whether there is a sample for opacity, and whether the colours are already multiplied by it."""

BAND_ROWS = 512
"""Bands cut from a level have a multiple of so many rows, so that few blocks are read twice."""

TILE_IT = "crop it, scale it down, or save it as a tiled TIFF, which may be larger"
CROP_IT = "crop it or scale it down"
"""What helps against too many pixels."""

BAND_PIXELS = 2**21
"""About how many px a band should have: enough to be fast, few enough to be small."""


@dataclass(frozen=True)
class Level:
    """One of the sizes in which a file has its picture; any region of it can be read alone."""

    height: int
    """px as stored"""
    width: int
    """px as stored"""
    factor: float
    """How many times coarser it is than the finest level."""
    read: Callable[[Region], Band]
    """The samples of a region, as those of the raster's bands."""


@dataclass(frozen=True)
class Raster:
    """An image as it lies in the file; height and width are those of the stored rows, in px."""

    height: int
    width: int
    bits: int
    """Bits per sample in the file."""
    channels: int
    """Samples per pixel in the file."""
    colours: Literal[1, 3]
    """Samples of a band that are colour: 1 grey or 3 RGB."""
    alpha: Alpha
    """What the sample after the colours is."""
    dtype: np.dtype[Any]
    """Type of the bands' samples."""
    bands: Callable[[], Iterator[Band]]
    """Goes through the pixels from the top, each time it is called."""
    icc: bytes | None = None
    """The embedded colour profile."""
    orientation: int = 1
    """How the rows are to be turned: 1 to 8 as in EXIF."""
    spacings: tuple[Spacing, ...] = ()
    """What the file says about pixel size, the most trustworthy first."""
    notes: tuple[str, ...] = ()
    """Sentences for a person."""
    levels: tuple[Level, ...] = ()
    """Where the image is to be read by regions: its levels, the finest, which is it, first."""


class Decode(Protocol):
    """What each format's module has as `decode`.

    Raises ImageTooLarge from the header alone, CorruptImage and UnsupportedFormat as soon as they
    show; whatever a foreign library raises may pass through and counts as damage.
    """

    def __call__(self, path: Path, *, limits: DecodeLimits) -> Raster:
        """The raster of the file at `path`."""


def bands_of(level: Level) -> Iterator[Band]:
    """Bands of whole rows of a level from the top, (rows, width, samples)."""
    rows = max(1, BAND_PIXELS // level.width // BAND_ROWS) * BAND_ROWS
    for top in range(0, level.height, rows):
        yield level.read(Region(top, 0, min(rows, level.height - top), level.width))


def check_size(height: int, width: int, max_pixels: int, *, cure: str = TILE_IT) -> None:
    """Raise ImageTooLarge when an image has more pixels than allowed."""
    if height * width > max_pixels:
        raise ImageTooLarge(
            f"the image is {width} x {height} px; the limit is {max_pixels / 1e6:g} megapixels; "
            f"{cure}"
        )


def valid_orientation(value: object) -> int:
    """The orientation that a file states, or 1 when what it states is none."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
