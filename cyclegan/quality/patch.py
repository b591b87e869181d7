"""What is looked at of an image at a time, and where its cells lie.

Everything is looked at with pixels of about 1 µm, means of whole blocks of px: enough to find
nuclei and to see whether they are sharp, at a quarter of the cost. A map has a value for each cell:

    px of what is translated    0 .. step      means of step x step px are a "point"
    points of a patch           0 .. PATCH     with MARGIN around it that only helps
    cells of a map              0 .. CELL      points, doubled for large images
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.images.region import Region
from cyclegan.images.spacing import USUAL_SPACING_UM
from cyclegan.stains import Floats

POINT_UM = 1.0
"""About the µm of a point."""
CELL = 16
"""Points along a cell: 32 px at 0.5 µm."""
MAX_CELLS = 2**18
"""A map of an image has at most so many: its cells are larger then."""
PATCH = 512
"""Points along a patch; a multiple of every cell up to it."""
MARGIN = 16
"""Points around a patch: as far as a filter sees, or two centres of one nucleus lie apart."""


@dataclass(frozen=True)
class Cells:
    """How an image is divided."""

    height: int
    """points"""
    width: int
    """points"""
    step: int
    """px of the image along a point"""
    size: int
    """points along a cell"""
    point_um: float
    """µm along a point, as far as is known"""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells; those at the right and bottom may reach past the image."""
        return math.ceil(self.height / self.size), math.ceil(self.width / self.size)

    @property
    def cell_px(self) -> int:
        """px of the image along a cell."""
        return self.size * self.step

    def patches(self) -> Iterator[Region]:
        """The regions of an image that are looked at one after the other, in points."""
        side = max(PATCH, self.size)
        return Region(0, 0, self.height, self.width).parts(side, side)

    def of(self, region: Region) -> tuple[slice, slice]:
        """The rows and columns of cells that a patch has."""
        rows = slice(region.y // self.size, math.ceil((region.y + region.height) / self.size))
        columns = slice(region.x // self.size, math.ceil((region.x + region.width) / self.size))
        return rows, columns


def step_of(spacing_um: float | None) -> int:
    """px along a point of an image with that many µm per pixel."""
    return max(1, round(POINT_UM / (spacing_um or USUAL_SPACING_UM)))


def divide(info: ImageInfo) -> Cells:
    """How an image is divided into points and cells."""
    spacing, step = info.spacing_um or USUAL_SPACING_UM, step_of(info.spacing_um)
    height, width = -(-info.height // step), -(-info.width // step)
    size = CELL
    while math.ceil(height / size) * math.ceil(width / size) > MAX_CELLS:
        size *= 2
    return Cells(height, width, step, size, spacing * step)


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of an image with what is around it; arrays are not to be written to."""

    cells: Cells
    region: Region
    """In points of the image."""
    pixels: Pixels
    """Of the region with its margin, which is less at the image's edges."""
    top: int
    """Rows of margin above."""
    left: int
    """Columns of margin at the left."""

    @cached_property
    def light(self) -> Floats:
        """Mean of the channels, (height, width), 0..255."""
        return np.asarray(self.pixels.mean(axis=2, dtype=np.float32))

    @property
    def inside(self) -> tuple[slice, slice]:
        """Where the region itself is."""
        return (
            slice(self.top, self.top + self.region.height),
            slice(self.left, self.left + self.region.width),
        )

    def means(self, values: Floats | NDArray[np.bool_]) -> Floats:
        """The means over cells of a map of the patch with its margin, (rows, columns)."""
        return block_means(values[self.inside], self.cells.size)

    def counts(self, points: NDArray[np.float64]) -> Floats:
        """How many of some points, (n, 2), (y, x) in the patch with its margin, each cell has."""
        shape = tuple(-(-length // self.cells.size) for length in self.region[2:])
        y, x = (points - (self.top, self.left)).T
        within = (y >= 0) & (y < self.region.height) & (x >= 0) & (x < self.region.width)
        rows, columns = ((axis[within] // self.cells.size).astype(np.intp) for axis in (y, x))
        found = np.zeros(shape, np.float32)
        np.add.at(found, (rows, columns), 1)
        return found


def block_means(values: Floats | NDArray[np.bool_], size: int) -> Floats:
    """The means over blocks, (rows, columns); those at the right and bottom may be smaller."""
    values = np.asarray(values, dtype=np.float32)
    rows, columns = (np.arange(0, length, size) for length in values.shape)
    sums = np.add.reduceat(np.add.reduceat(values, columns, axis=1), rows, axis=0)
    heights = np.diff(np.append(rows, values.shape[0]))
    widths = np.diff(np.append(columns, values.shape[1]))
    return np.asarray(sums / np.outer(heights, widths), dtype=np.float32)


def cut_patch(reader: Reader, cells: Cells, region: Region) -> Patch:
    """A patch of an image that is read in points."""
    y, x = max(region.y - MARGIN, 0), max(region.x - MARGIN, 0)
    bottom = min(region.y + region.height + MARGIN, cells.height)
    right = min(region.x + region.width + MARGIN, cells.width)
    pixels = reader.read(y, x, bottom - y, right - x)
    return Patch(cells, region, pixels, region.y - y, region.x - x)
