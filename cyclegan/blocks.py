"""What each square block of an image is like, from a thin sample of it, in one pass.

Of a block every eighth row is looked at; along it, the means of eight px each are its cells. So
anything higher than eight px is met, and single pixels' noise is averaged without mixing what lies
in different rows. A block reaching past the image is filled by mirroring; pixels come in bands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import Pixels, Reader
from cyclegan.stains import Floats

CELL_PX = 8
"""Length of a cell, and distance of the rows that are looked at; a block has whole cells."""
BAND_ROWS = 256
"""Rows read at once: compressed files hold tiles of about this height."""
BAND_BYTES = 64 * 2**20
"""How much is read at once, as far as a block's height allows."""


@dataclass(frozen=True)
class Blocks:
    """The blocks of an image: maps of (rows, columns, 3), and of (rows, columns) for the noise.

    All in grey levels, float32.
    """

    level: Floats
    """Mean of the cells."""
    darkest: Floats
    """The darkest cell."""
    brightest: Floats
    """The brightest cell."""
    texture: Floats
    """Standard deviation of the cells."""
    noise: Floats
    """About the standard deviation of single pixels where the block is at its calmest."""


def measure(reader: Reader, *, block: int) -> Blocks:
    """The blocks of `block` px, a multiple of `CELL_PX`, of an image.

    Reads each pixel once, computes with an eighth of them, and holds a band and 52 bytes per block.
    """
    shape = math.ceil(reader.info.height / block), math.ceil(reader.info.width / block)
    maps = [np.empty((*shape, 3), np.float32) for _ in range(4)]
    noise = np.empty(shape, np.float32)
    for row, sample in enumerate(_samples(reader, block)):
        cells = _cells(sample, shape[1])  # (columns, cells, 3)
        found = cells.mean(axis=1), cells.min(axis=1), cells.max(axis=1), cells.std(axis=1)
        for whole, part in zip(maps, found, strict=True):
            whole[row] = part
        noise[row] = _noise(sample, shape[1])
    level, darkest, brightest, texture = maps
    return Blocks(level, darkest, brightest, texture, noise)


def _samples(reader: Reader, block: int) -> Iterator[Pixels]:
    """The rows looked at of each row of blocks, (n, columns * block, 3) uint8."""
    height, width = reader.info.height, reader.info.width
    fitting = min(BAND_ROWS, BAND_BYTES // (3 * width))
    band_rows = max(1, fitting // block) * block
    for top in range(0, height, band_rows):
        band = reader.read(top, 0, min(band_rows, height - top), width)
        for start in range(0, len(band), block):
            rows = band[start : start + block : CELL_PX]
            yield np.pad(rows, ((0, 0), (0, -width % block), (0, 0)), mode="symmetric")


def _cells(sample: Pixels, columns: int) -> Floats:
    """Means of cells, (columns, cells of a block, 3)."""
    along = sample.reshape(len(sample), columns, -1, CELL_PX, 3)
    means = along.sum(axis=3, dtype=np.uint16).astype(np.float32) / CELL_PX
    return np.asarray(means.transpose(1, 0, 2, 3).reshape(columns, -1, 3))


def _noise(sample: Pixels, columns: int) -> NDArray[np.float32]:
    """Noise by how much a pixel differs from the mean of its neighbours in the calmest cells."""
    wide = np.pad(sample, ((0, 0), (1, 1), (0, 0)), mode="symmetric").astype(np.int16)
    bend = np.abs(wide[:, 2:] - 2 * wide[:, 1:-1] + wide[:, :-2])
    cells = bend.reshape(len(sample), columns, -1, CELL_PX, 3).mean(axis=3, dtype=np.float32)
    calm = np.percentile(cells.transpose(1, 0, 2, 3).reshape(columns, -1, 3), 25, axis=1)
    # Of white noise with a standard deviation of 1 the calm quarter has 1.5 (simulated).
    return np.asarray(calm.max(axis=1) / 1.5, dtype=np.float32)
