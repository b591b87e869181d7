"""Writing a plain PNG; the whole image is held in memory, so it is for images of moderate size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cyclegan.images.image import Pixels, Writer
from cyclegan.images.new_file import NewFile
from cyclegan.images.row_count import RowCount
from cyclegan.images.srgb import srgb_profile

LEVEL = 1
"""Compression: higher ones take several times as long for a few per cent."""
UM_PER_INCH = 25400


class PngWriter(Writer):
    """Writes the file when closed. Needs about 7 bytes per pixel."""

    def __init__(
        self,
        path: Path,
        *,
        height: int,
        width: int,
        spacing_um: float | None,
        description: str = "",
    ) -> None:
        self._count = RowCount(height=height, width=width)
        self._pixels = np.empty((height, width, 3), np.uint8)
        self._spacing_um = spacing_um
        self._description = description
        self._file = NewFile(path)

    def write(self, rows: Pixels) -> None:
        """Append rows, (n, width, 3) uint8."""
        top = self._count.done
        self._count.add(rows)
        self._pixels[top : self._count.done] = rows

    def close(self) -> None:
        """Compress the image, force the file to disk and give it its name."""
        try:
            self._count.finish()
            self._save()
            self._file.publish()
        finally:
            self._file.discard()

    def abort(self) -> None:
        """Throw away what was written."""
        self._file.discard()

    def _save(self) -> None:
        text = PngInfo()
        if self._description:
            text.add_itxt("Description", self._description)
        dpi = UM_PER_INCH / self._spacing_um if self._spacing_um else None
        Image.fromarray(self._pixels).save(
            self._file.path,
            "PNG",
            compress_level=LEVEL,
            icc_profile=srgb_profile(),
            pnginfo=text,
            dpi=(dpi, dpi) if dpi else None,
        )
