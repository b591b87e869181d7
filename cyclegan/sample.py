"""A small, even sample of a whole image, the same for every way of cutting it into tiles."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import Pixels, Reader

BLOCK_PX = 3
"""Side of a sampled block, so that noise can be averaged without mixing what lies further off."""
SAMPLE_BLOCKS = 250_000
"""How many blocks of pixels, spread evenly over the image, the dyes are estimated from."""


def sample_blocks(reader: Reader, *, count: int) -> Pixels:
    """Blocks on a regular grid over the image, (n, pixels, 3) uint8, with n about count at most.

    The pixels of a block run row by row. Only rows that hold blocks are read. Blocks do not
    overlap; along an axis shorter than a block there is one, of that length.
    """
    height, width = reader.info.height, reader.info.width
    step = max(BLOCK_PX, math.ceil(math.sqrt(height * width / count)))
    columns = _starts(width, step)[:, None] + np.arange(min(BLOCK_PX, width))
    strips = []
    for y in _starts(height, step):
        rows = reader.read(int(y), 0, min(BLOCK_PX, height), width)
        blocks = rows[:, columns].transpose(1, 0, 2, 3)  # (blocks, height, width, 3)
        strips.append(blocks.reshape(len(blocks), -1, 3))
    return np.concatenate(strips)


def _starts(length: int, step: int) -> NDArray[np.intp]:
    return np.arange(0, max(length - BLOCK_PX, 0) + 1, step, dtype=np.intp)
