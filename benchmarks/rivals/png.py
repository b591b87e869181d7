"""PNG files as everybody reads and writes them: with Pillow, whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cyclegan.images.image import Pixels

FAST = 1
"""Level of compression, as in our own writer, so that no rival loses time there."""


def read_png(path: Path) -> Pixels:
    """The pixels of a file; images may have any size."""
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def write_png(path: Path, pixels: Pixels, *, level: int = FAST) -> None:
    """Write a file; a large one takes longer than decoding it."""
    Image.fromarray(pixels).save(path, format="PNG", compress_level=level)
