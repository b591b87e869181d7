"""Turning stored rows upright: the one place where an orientation is applied."""

from __future__ import annotations

from collections.abc import Callable

from cyclegan.images.image import Pixels
from cyclegan.images.region import Region

LYING = 5
"""From this orientation on, height and width change places."""
UPSIDE_DOWN = {3, 4, 6, 7}
"""Those whose stored rows begin at the bottom, before height and width change places."""
MIRRORED = {2, 3, 7, 8}
"""Those whose stored columns begin at the right, before height and width change places."""
TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored[::-1].swapaxes(0, 1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored[:, ::-1].swapaxes(0, 1),
}
"""EXIF's and TIFF's numbers, and what shows rows stored that way upright, as views."""


def upright(stored: Pixels, orientation: int) -> Pixels:
    """A view of the stored (height, width, 3) rows as they are meant to be seen."""
    return TURNS[orientation](stored)


def upright_size(height: int, width: int, orientation: int) -> tuple[int, int]:
    """Height and width of the upright image in px."""
    return (width, height) if orientation >= LYING else (height, width)


def stored_region(region: Region, height: int, width: int, orientation: int) -> Region:
    """Where a region of the upright image lies in the stored rows, which have this size."""
    y, x, rows, columns = region
    if orientation >= LYING:
        y, x, rows, columns = x, y, columns, rows
    if orientation in UPSIDE_DOWN:
        y = height - y - rows
    if orientation in MIRRORED:
        x = width - x - columns
    return Region(y, x, rows, columns)
