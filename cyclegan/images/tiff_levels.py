"""The levels of a tiled TIFF whose regions can be read one by one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tifffile import TiffFile, TiffFileError, TiffPage

from cyclegan.images.raster import Band, Level
from cyclegan.images.region import Region
from cyclegan.images.scale import factor_between
from cyclegan.images.tiff_pages import smaller_copies
from cyclegan.images.tiff_samples import Samples, samples_of
from cyclegan.images.tiff_segments import Segments

CANNOT_DECODE = (
    TiffFileError,
    ValueError,
    RuntimeError,
    KeyError,
    IndexError,
    TypeError,
    struct.error,
)
"""What tifffile and the codecs raise for what they cannot decode (NotImplementedError included)."""


def levels_of(tiff: TiffFile, path: Path, count: int) -> tuple[Level, ...]:
    """The first page and its smaller copies, as far as they are tiled and have the same samples.

    None where the first page is not tiled or cannot be decoded by tifffile. `count` is the number
    of pages that follow one another. Raises CorruptImage when a level's tiles
    lie behind the end of the file.
    """
    first = tiff.pages.first
    found = sorted(_tiled(first, path, [first, *smaller_copies(tiff, count)]), key=_by_factor)
    if not found or found[0].height < first.imagelength:
        return ()
    return tuple(level for place, level in enumerate(found) if _is_coarser(place, found))


def is_decodable(segments: Segments) -> bool:
    """Whether tifffile can decode the first and the last strip or tile."""
    try:
        segments.probe()
    except CANNOT_DECODE:
        return False
    return True


def _tiled(first: TiffPage, path: Path, pages: list[TiffPage]) -> Iterator[Level]:
    wanted = samples_of(first)
    for page in pages:
        samples = samples_of(page)
        if not (page.is_tiled and samples.is_readable and samples.is_like(wanted)):
            continue
        segments = Segments(page, path)
        if is_decodable(segments):
            yield _level(first, page, segments, samples)


def _level(first: TiffPage, page: TiffPage, segments: Segments, samples: Samples) -> Level:
    blocks = segments.blocks()

    def read(region: Region) -> Band:
        return samples.finish(blocks.read(region))

    size = page.imagelength, page.imagewidth
    factor = factor_between((first.imagelength, first.imagewidth), size)
    return Level(*size, factor=factor, read=read)


def _by_factor(level: Level) -> float:
    return level.factor


def _is_coarser(place: int, levels: list[Level]) -> bool:
    """Whether a level is not just another copy of the one before it, such as another focus."""
    return place == 0 or levels[place].height < levels[place - 1].height
