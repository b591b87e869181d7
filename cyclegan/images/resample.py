"""An image at another scale, resampled region by region.

Pixel `i` of the result covers what lies from `i * ratio` to `(i + 1) * ratio` of the source,
counted from its top or left edge. Every pixel is a sum that depends on its own place only, so that
it is the same whatever region it is asked for with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.images.region import Region
from cyclegan.images.scale import resized

SOURCE_PX = 2048
"""About as many rows and columns of the source are held at once."""


class Resampled(Reader):
    """Reads another reader's image with `ratio` of its pixels on one side of a new one.

    Shrinks by averaging areas, enlarges by Keys' bicubic. Closing it closes the other reader.
    """

    def __init__(self, reader: Reader, *, ratio: float, spacing_um: float | None = None) -> None:
        """`spacing_um` is what the ratio leads to, in µm per pixel of the result; None: unknown."""
        source = reader.info
        self._reader = reader
        self._ratio = ratio
        self._info = replace(
            source,
            height=resized(source.height, ratio),
            width=resized(source.width, ratio),
            spacing_um=spacing_um,
            read_from=source.source,
        )

    @property
    def info(self) -> ImageInfo:
        """The description of the resampled image; its `source` is the file's finest level."""
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """The region with its top-left corner at (y, x), (height, width, 3) uint8."""
        region = Region(y, x, height, width)
        region.require_inside(self._info.height, self._info.width)
        found = np.empty((height, width, 3), np.uint8)
        side = max(1, int(SOURCE_PX / self._ratio))
        for part in region.parts(side, side):
            top, left = part.y - y, part.x - x
            found[top : top + part.height, left : left + part.width] = self._part(part)
        return found

    def overview(self, longest: int) -> Reader:
        """The other reader's overview, where that is coarser than this image."""
        other = self._reader.overview(longest)
        return other if other.info.height < self._info.height else self

    def finest(self) -> Reader:
        """What the other reader shows at its finest."""
        return self._reader.finest()

    def pause(self) -> None:
        """Let the other reader pause."""
        self._reader.pause()

    def close(self) -> None:
        """Close the other reader."""
        self._reader.close()

    def _part(self, part: Region) -> Pixels:
        source = self._reader.info
        down = weights(part.y, part.y + part.height, self._ratio, source.height)
        across = weights(part.x, part.x + part.width, self._ratio, source.width)
        pixels = self._reader.read(
            down.first, across.first, down.matrix.shape[1], across.matrix.shape[1]
        )
        samples = pixels.astype(np.float32).reshape(len(pixels), -1)
        rows = _product(down.matrix, samples)  # (part height, columns * 3)
        columns = rows.reshape(part.height, -1, 3).swapaxes(0, 1)
        found = _product(across.matrix, np.ascontiguousarray(columns).reshape(-1, part.height * 3))
        whole = found.reshape(part.width, part.height, 3).swapaxes(0, 1)
        rounded: Pixels = (whole.clip(0, 255) + 0.5).astype(np.uint8)
        return rounded


class Weights(NamedTuple):
    """What some pixels along one axis are made of."""

    first: int
    """The first pixel of the source that has a part in them."""
    matrix: csr_array
    """(pixels, pixels of the source from `first` on) float32; each row adds up to 1."""


def weights(start: int, stop: int, ratio: float, size: int) -> Weights:
    """The weights of pixels `start` to `stop` (exclusive) of an axis whose source has `size`.

    What would lie outside the source has no weight.
    """
    index = np.arange(start, stop)[:, None]
    if ratio > 1:
        low, high = index * ratio, (index + 1) * ratio
        places = np.floor(low).astype(np.int64) + np.arange(int(np.ceil(ratio)) + 1)
        share = (np.minimum(places + 1.0, high) - np.maximum(places, low)).clip(0, None)
    else:
        centre = (index + 0.5) * ratio - 0.5
        places = np.floor(centre).astype(np.int64) + np.arange(-1, 3)
        share = _cubic(np.abs(places - centre))
    share[(places < 0) | (places >= size)] = 0
    share /= share.sum(axis=1, keepdims=True)
    first, last = max(0, int(places.min())), min(size, int(places.max()) + 1)
    columns = places.clip(first, last - 1) - first
    row_ends = np.arange(stop - start + 1) * places.shape[1]
    matrix = csr_array(
        (share.astype(np.float32).ravel(), columns.ravel(), row_ends),
        shape=(stop - start, last - first),
    )
    return Weights(first, matrix)


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel with a = -0.5, which keeps straight gradients straight."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))


def _product(matrix: csr_array, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    product: NDArray[np.float32] = matrix @ samples
    return product
