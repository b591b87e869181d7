"""Telling further pictures in a TIFF from smaller copies of the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from tifffile import TiffFile, TiffPage

from cyclegan.errors import CorruptImage
from cyclegan.images.tiff_segments import CUT_SHORT

MOST_LEVELS = 64
"""A file with more pages than this is no pyramid; its pages are counted, not looked at."""
REDUCED = 1
"""The bit in NewSubfileType of a smaller copy of another page."""
SAME_SHAPE = 0.02
"""A smaller copy has the same ratio of height to width, up to this part."""


def other_pages(tiff: TiffFile, count: int) -> tuple[str, ...]:
    """A sentence when the file has pictures beside the first; levels of a pyramid are none.

    `count` is the number of pages that follow one another. Raises CorruptImage when one of them
    reaches behind the end of the file, so that a file that is cut short never passes.
    """
    first = tiff.pages.first
    pictures = count
    if count <= MOST_LEVELS:
        others = [_page(tiff, index) for index in range(1, count)]
        pictures = 1 + sum(not _is_level(page, first) for page in others)
    if pictures == 1:
        return ()
    return (f"The file has {pictures} pages; only the first was read.",)


def smaller_copies(tiff: TiffFile, count: int) -> Iterator[TiffPage]:
    """Pages that show what the first shows with fewer pixels: those below it, then the following.

    `count` is the number of pages that follow one another.
    """
    first = tiff.pages.first
    below = _pages_below(first)
    after = [_page(tiff, index) for index in range(1, count if count <= MOST_LEVELS else 1)]
    return (page for page in (*below, *after) if _has_its_shape(page, first))


def _pages_below(first: TiffPage) -> list[TiffPage]:
    """The pages in the first one's list of SubIFDs."""
    if first.pages is None:
        return []
    count = min(MOST_LEVELS, len(first.subifds or ()))
    return [cast(TiffPage, first.pages.get(index, aspage=True)) for index in range(count)]


def _page(tiff: TiffFile, index: int) -> TiffPage:
    page = cast(TiffPage, tiff.pages.get(index, aspage=True))
    file_bytes = tiff.filehandle.size
    places = zip(page.dataoffsets, page.databytecounts, strict=False)
    if any(offset + size > file_bytes for offset, size in places):
        raise CorruptImage(CUT_SHORT)
    return page


def _is_level(page: TiffPage, first: TiffPage) -> bool:
    return bool(page.subfiletype & REDUCED) or _has_its_shape(page, first)


def _has_its_shape(page: TiffPage, first: TiffPage) -> bool:
    height, width = page.imagelength, page.imagewidth
    is_smaller = height < first.imagelength and width < first.imagewidth
    expected = first.imagelength * width / max(1, first.imagewidth)
    return is_smaller and abs(height - expected) <= max(1, SAME_SHAPE * expected)
