"""A small, even sample of a whole image, the same for every way of cutting it into tiles."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import Pixels, Reader

BLOCK_PX = 3
"""Side of a sampled block, so that noise can be averaged without mixing what lies further off."""
READ_PX = 4096
"""About how many columns are gone through at once, so that a reader still has what it has decoded
for the row above: of all columns of a large slide that is more than it keeps."""
SAMPLE_BLOCKS = 250_000
"""How many blocks of pixels, spread evenly over the image, the dyes are estimated from."""


def sample_blocks(reader: Reader, *, count: int) -> Pixels:
    """Blocks on a regular grid over the image, (n, pixels, 3) uint8, with n about count at most.

    They, and the pixels of each, run row by row. Only rows that hold blocks are read. Blocks do not
    overlap; along an axis shorter than a block there is one, of that length.
    """
    height, width = reader.info.height, reader.info.width
    step = max(BLOCK_PX, math.ceil(math.sqrt(height * width / count)))
    down, across = _starts(height, step), _starts(width, step)
    rows, columns = min(BLOCK_PX, height), min(BLOCK_PX, width)
    found = np.empty((len(down), len(across), rows, columns, 3), np.uint8)
    beside = max(1, READ_PX // step)
    for first in range(0, len(across), beside):
        lefts = across[first : first + beside]
        inside = (lefts - lefts[0])[:, None] + np.arange(columns)
        for blocks, y in zip(found[:, first : first + beside], down, strict=True):
            strip = reader.read(int(y), int(lefts[0]), rows, int(inside[-1, -1]) + 1)
            blocks[...] = strip[:, inside].transpose(1, 0, 2, 3)  # (blocks, height, width, 3)
    return found.reshape(-1, rows * columns, 3)


def _starts(length: int, step: int) -> NDArray[np.intp]:
    return np.arange(0, max(length - BLOCK_PX, 0) + 1, step, dtype=np.intp)
