"""An image at a whole fraction of its size, read region by region."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.images.preview import means
from cyclegan.images.region import Region


class Shrunk(Reader):
    """Reads means of blocks of `factor` x `factor` px of another reader's image.

    Those at the right and at the bottom are smaller where the image ends. A coarser level that the
    file has is read in place of the finest where it fits. It lives on what the other reader holds.
    """

    def __init__(self, reader: Reader, factor: int) -> None:
        whole = reader.info
        height, width = -(-whole.height // factor), -(-whole.width // factor)
        source = reader.overview(max(height, width))
        step = round(max(whole.height, whole.width) / max(source.info.height, source.info.width))
        if factor % step or not _is_whole(source.info, whole, step):
            source, step = reader, 1
        self._source = source
        self._rest = factor // step
        self._info = replace(
            whole,
            height=height,
            width=width,
            spacing_um=whole.spacing_um and whole.spacing_um * factor,
            read_from=whole.source,
        )

    @property
    def info(self) -> ImageInfo:
        """The description of the shrunk image."""
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """The region with its top-left corner at (y, x), (height, width, 3) uint8."""
        region = Region(y, x, height, width)
        region.require_inside(self._info.height, self._info.width)
        source, rest = self._source.info, self._rest
        top, left = min(y * rest, source.height - 1), min(x * rest, source.width - 1)
        rows = max(min((y + height) * rest, source.height) - top, 1)
        columns = max(min((x + width) * rest, source.width) - left, 1)
        pixels = means(self._source.read(top, left, rows, columns), rest)
        # A level of an odd size may have been rounded down by its writer.
        lacking = ((0, height - len(pixels)), (0, width - pixels.shape[1]), (0, 0))
        return np.pad(pixels, lacking, mode="edge") if np.any(lacking) else pixels

    def overview(self, longest: int) -> Reader:
        """The other reader's overview, where that is coarser than this image."""
        other = self._source.overview(longest)
        return other if other.info.height < self._info.height else self

    def close(self) -> None:
        """Hold nothing of its own."""


def _is_whole(level: ImageInfo, whole: ImageInfo, step: int) -> bool:
    """Whether a level has every so manieth px of the whole image, rounded in either direction."""
    return all(
        abs(part - size / step) < 1
        for part, size in ((level.height, whole.height), (level.width, whole.width))
    )
