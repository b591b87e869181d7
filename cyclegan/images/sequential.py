"""Decoding PNG and JPEG from the top with libvips, which holds some rows at a time.

Exceptions are pictures whose rows do not lie in the file one after another (interlaced PNG,
progressive JPEG): their decoders hold all of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from cyclegan.images.raster import BAND_PIXELS, Band

DTYPES: dict[str, np.dtype[Any]] = {"uchar": np.dtype(np.uint8), "ushort": np.dtype(np.uint16)}
"""libvips' names for the types of samples that PNG and JPEG have."""


class Sequential:
    """A file of one of the two kinds; opening it reads the header only."""

    def __init__(self, path: Path, *, kind: str) -> None:
        # Without the cache, the rows can be gone through a second time.
        pyvips.cache_set_max(0)
        self._load = getattr(pyvips.Image, f"{kind}load")
        # As bytes: pyvips takes text for UTF-8, which names of files need not be.
        self._path = os.fsencode(path)
        image = self._open()
        self.height, self.width, self.samples = image.height, image.width, image.bands
        self.dtype: np.dtype[Any] = DTYPES[image.format]

    def bands(self) -> Iterator[Band]:
        """Bands of whole rows from the top, (rows, width, samples); from a new start each time."""
        region = pyvips.Region.new(self._open())
        rows = max(1, BAND_PIXELS // self.width)
        for top in range(0, self.height, rows):
            count = min(rows, self.height - top)
            found = np.frombuffer(region.fetch(0, top, self.width, count), self.dtype)
            yield found.reshape(count, self.width, self.samples)

    def _open(self) -> pyvips.Image:
        # Rows that are missing are an error; otherwise they would be grey.
        return self._load(self._path, access="sequential", fail_on="error")
