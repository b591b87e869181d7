"""Which parts of an image hold tissue, and which are blank: dark or glowing ground, or white glass.

Blank is what is smooth but for noise, has the level of the ground, and lies in a large area. The
ground is darker than the tissue (fluorescence) or brighter (bright field), which the image itself
tells; its level may vary over the field as illumination does. Whatever is in doubt is tissue: blank
that is translated costs time, tissue that is left out may cost a diagnosis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cyclegan.blocks import Blocks, measure
from cyclegan.images.image import Pixels, Reader
from cyclegan.stains import Floats

Flags = NDArray[np.bool_]
"""(rows, columns) of blocks."""

BLOCK_PX = 64
"""Side of a block, doubled until an image has at most `MAX_BLOCKS`."""
MAX_BLOCKS = 2**18
SMALLEST_AREA = 16
"""Connected blank blocks that are fewer are left as they are: no tile is saved by them."""
MARGIN = np.ones((3, 3), dtype=bool)
"""Blocks around a block with tissue that count as tissue, too."""
WHITE = 255
NEAR = 16
"""Blocks that illumination is compared over."""
STRAY_SHARE = 0.05
"""Share of the tissue near a ground that may be beyond its level."""


@dataclass(frozen=True, eq=False)
class TissueMask:
    """Where an image holds tissue, in square blocks from its top-left corner."""

    height: int
    """px of the image"""
    width: int
    """px of the image"""
    block: int
    """Side of a block in px; those at the right and at the bottom may reach past the image."""
    tissue: Flags
    """(rows, columns): whether a block is not blank."""

    @property
    def blank_pixels(self) -> int:
        """How many pixels of the image lie in blank blocks."""
        heights = np.diff(np.append(np.arange(len(self.tissue)) * self.block, self.height))
        widths = np.diff(np.append(np.arange(self.tissue.shape[1]) * self.block, self.width))
        return int(heights @ ~self.tissue @ widths)

    @property
    def blank_share(self) -> float:
        """The part of the image that is blank, 0..1."""
        return self.blank_pixels / (self.height * self.width)

    def is_blank(self, y: int, x: int, height: int, width: int) -> bool:
        """Whether a region holds no tissue; what of it lies outside the image holds none."""
        return not self._around(y, x, height, width).any()

    def tissue_share(self, y: int, x: int, height: int, width: int) -> float:
        """The part of the blocks that meet a region that hold tissue, 0..1; 0 without any."""
        blocks = self._around(y, x, height, width)
        return float(blocks.mean()) if blocks.size else 0.0

    def whitened(self, piece: Pixels, y: int, x: int) -> Pixels:
        """A piece, (n, m, 3) uint8, that lies at (y, x), with its blank white: it, or a copy."""
        height, width = piece.shape[:2]
        tissue = self._around(y, x, height, width)
        if tissue.all():
            return piece
        blank = ~tissue.repeat(self.block, axis=0).repeat(self.block, axis=1)
        blank = blank[y % self.block :, x % self.block :][:height, :width]
        return np.where(blank[..., np.newaxis], np.uint8(WHITE), piece)

    def provenance(self) -> dict[str, object]:
        """What is left white, as plain JSON values, for a result's record."""
        return {"blank_px": self.blank_pixels, "blank_block": self.block}

    def _around(self, y: int, x: int, height: int, width: int) -> Flags:
        down, across = (
            slice(max(start, 0) // self.block, max(math.ceil((start + size) / self.block), 0))
            for start, size in ((y, height), (x, width))
        )
        return self.tissue[down, across]


def find_tissue(reader: Reader) -> TissueMask:
    """The blocks that hold tissue, with a margin of one block, in one pass over the image.

    An image of nothing but tissue has no blank, one of nothing but ground is all blank, unless it
    is so small that it is not worth it. The same pixels give the same mask. Memory is bounded: see
    `measure`, with at most `MAX_BLOCKS` blocks.
    """
    height, width = reader.info.height, reader.info.width
    block = BLOCK_PX
    while math.ceil(height / block) * math.ceil(width / block) > MAX_BLOCKS:
        block *= 2
    blank = _blank(measure(reader, block=block))
    blank = ~ndimage.binary_dilation(~blank, MARGIN)
    tissue = ~_large(blank)
    tissue.flags.writeable = False
    return TissueMask(height, width, block, tissue)


def _blank(blocks: Blocks) -> Flags:
    """The blocks that look like the ground."""
    smooth = _smooth(blocks, texture=1.5, step=5)
    if not smooth.any():
        return smooth
    void = blocks.brightest.max(axis=2) <= 1  # black paddings of scanners, and a clipped ground
    if _is_dark(blocks, smooth, void):
        ground = _ground(blocks.level, blocks.darkest, blocks.noise, smooth, share=0.12)
        return np.asarray(void | ground)
    smooth = _smooth(blocks, texture=2.5, step=8) & ~void  # glass is dusty, and stored as JPEG
    inverse = _ground(255 - blocks.level, 255 - blocks.brightest, blocks.noise, smooth, least=8)
    return np.asarray(void | (inverse & _is_whitish(blocks.level)))


def _smooth(blocks: Blocks, *, texture: float, step: float) -> Flags:
    """Blocks without more texture, in grey levels, than their noise makes, nor any speck."""
    noise = np.minimum(blocks.noise, 9)
    varies = blocks.texture.max(axis=2) > np.maximum(texture, 0.7 * noise)
    speck = np.maximum(blocks.brightest - blocks.level, blocks.level - blocks.darkest).max(axis=2)
    # Overexposed tissue is smooth, too.
    burnt = (blocks.level.max(axis=2) >= 254) & (blocks.level.min(axis=2) < 235)
    return np.asarray(~varies & (speck <= np.maximum(step, 2.5 * noise)) & ~burnt)


def _is_dark(blocks: Blocks, smooth: Flags, void: Flags) -> bool:
    """Whether what is smooth is darker than what is not."""
    level = blocks.level.mean(axis=2)
    ground = np.median(level[smooth & ~void]) if (smooth & ~void).any() else 0
    rough = blocks.texture.max(axis=2) > np.maximum(4, 1.5 * blocks.noise)
    other = level[rough] if rough.any() else level[~smooth]
    return bool(ground < (np.median(other) if other.size else 128))


def _ground(
    level: Floats,
    extreme: Floats,
    noise: Floats,
    smooth: Flags,
    *,
    share: float = 0.0,
    least: float = 2.5,
) -> Flags:
    """Smooth blocks at the level of a dark ground; none where tissue near by is darker still.

    `extreme` is each block's darkest cell. A block may be brighter than the ground by `least` grey
    levels, or by a share of it.
    """
    if not smooth.any():
        return smooth
    surface = level
    kept = smooth
    for _ in range(8):
        surface = _surface(level, kept)
        within = np.maximum(least, share * surface)
        kept, before = smooth & (level <= surface + 0.6 * within).all(axis=2), kept
        if np.array_equal(kept, before) or kept.sum() < 6:
            break
    ground = smooth & (level <= surface + within).all(axis=2)
    near = ndimage.maximum_filter(ground, 2 * NEAR + 1) & ~smooth
    beyond = extreme.mean(axis=2) < (surface - within).mean(axis=2) - 1.5 * noise
    stray = beyond[near].mean() if near.any() else 0
    return ground if stray <= STRAY_SHARE else np.zeros_like(ground)


def _surface(level: Floats, where: Flags) -> Floats:
    """The levels of some blocks as a smooth function of place, for all: (rows, columns, 3).

    It is a polynomial of second degree, and never outside the range of those levels.
    """
    y, x = (np.linspace(-1, 1, size) if size > 1 else np.zeros(1) for size in where.shape)
    terms = np.stack(
        np.broadcast_arrays(1.0, y[:, None], x, y[:, None] ** 2, y[:, None] * x, x**2), axis=-1
    )
    known, wanted = terms[where], level[where].astype(np.float64)
    # Where places leave a term open, it is 0.
    open_terms = 1e-3 * len(known) * np.diag([0.0, 1, 1, 1, 1, 1])
    factors = np.linalg.solve(known.T @ known + open_terms, known.T @ wanted)
    fitted = np.clip(terms @ factors, wanted.min(axis=0), wanted.max(axis=0))
    return np.asarray(fitted, dtype=np.float32)


def _is_whitish(level: Floats) -> Flags:
    """Bright and nearly without colour, as glass is."""
    strongest = level.max(axis=2)
    return np.asarray(
        (level.mean(axis=2) >= 140) & (strongest - level.min(axis=2) <= 0.25 * strongest)
    )


def _large(blank: Flags) -> Flags:
    """The blank that belongs to an area of some size."""
    areas, _ = ndimage.label(blank)
    sizes = np.bincount(areas.ravel())
    sizes[0] = 0
    return np.asarray(sizes[areas] >= SMALLEST_AREA)
