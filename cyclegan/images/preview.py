"""Writing a small JPEG of an image of any size, for pages and lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cyclegan.images.bands import Bands
from cyclegan.images.image import Pixels, Writer
from cyclegan.images.new_file import NewFile
from cyclegan.images.placement import Placement
from cyclegan.images.srgb import srgb_profile

LONGEST_PX = 1600
QUALITY = 90
PART_PX = 32, 4096
"""Rows and columns, about, that are shrunk at once."""


class PreviewWriter(Writer):
    """Shrinks the pixels as they come, to at most 1600 px on the longer side.

    Blocks of `factor` x `factor` px are averaged on the way, and the rest of the shrinking is done
    when closed. Memory is bounded by some 80 MB for any image. Spacing and description are
    not kept: JPEG has no room for a spacing below 0.39 µm.
    """

    def __init__(
        self,
        path: Path,
        *,
        height: int,
        width: int,
        spacing_um: float | None,
        description: str = "",
    ) -> None:
        del spacing_um, description
        self._placement = Placement(height=height, width=width)
        self._factor = max(1, max(height, width) // LONGEST_PX)
        rows, columns = (-(-side // self._factor) * self._factor for side in PART_PX)
        self._bands = Bands(height=height, width=width, rows=rows, columns=columns)
        size = (-(-height // self._factor), -(-width // self._factor))
        self._means = np.empty((*size, 3), np.uint8)
        self._file = NewFile(path)

    def write(self, piece: Pixels) -> None:
        """Append a piece of the image."""
        self._bands.put(*self._placement.add(piece), piece)
        for top, left, part in self._bands.taken():
            shrunk = means(part, self._factor)
            y, x = top // self._factor, left // self._factor
            self._means[y : y + shrunk.shape[0], x : x + shrunk.shape[1]] = shrunk

    def close(self) -> None:
        """Shrink to the final size, force the file to disk and give it its name."""
        try:
            self._placement.finish()
            self._save()
            self._file.publish()
        finally:
            self._file.discard()

    def abort(self) -> None:
        """Throw away what was written."""
        self._file.discard()

    def _save(self) -> None:
        height, width = self._placement.height, self._placement.width
        scale = min(1.0, LONGEST_PX / max(height, width))
        picture = Image.fromarray(self._means).resize(
            (max(1, round(width * scale)), max(1, round(height * scale))),
            Image.Resampling.BOX,
            # The last blocks may be cut short by the image's edge.
            box=(0, 0, width / self._factor, height / self._factor),
        )
        picture.save(
            self._file.path, "JPEG", quality=QUALITY, subsampling=0, icc_profile=srgb_profile()
        )


def means(pixels: Pixels, factor: int) -> Pixels:
    """Means of blocks of `factor` x `factor` px, rounded; at the right and bottom they are smaller.

    (n, width, 3) -> (ceil(n / factor), ceil(width / factor), 3), both uint8.
    """
    return np.asarray(Image.fromarray(pixels).reduce(factor))
