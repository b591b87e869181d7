"""A small, even sample of a whole image, the same for every way of cutting it into tiles."""

from __future__ import annotations

import math

import numpy as np

from cyclegan.images.image import Reader
from cyclegan.stains import Floats

BLOCK_PX = 3
"""Side of a sampled block, which is averaged so that noise does not pass for colour."""


def sample_blocks(reader: Reader, *, count: int) -> Floats:
    """Means of blocks on a regular grid over the image, (n, 3) float32, 0..255, 1 <= n <= count.

    Only the rows that hold blocks are read, three at a time. Blocks do not overlap; an image
    smaller than a block gives one mean of all its pixels along that axis.
    """
    height, width = reader.info.height, reader.info.width
    step = max(BLOCK_PX, math.ceil(math.sqrt(height * width / count)))
    columns = _starts(width, step)[:, None] + np.arange(min(BLOCK_PX, width))
    means = []
    for y in _starts(height, step):
        rows = reader.read(int(y), 0, min(BLOCK_PX, height), width)
        means.append(rows[:, columns].mean(axis=(0, 2), dtype=np.float32))
    return np.concatenate(means)


def _starts(length: int, step: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.arange(0, max(length - BLOCK_PX, 0) + 1, step, dtype=np.intp)
