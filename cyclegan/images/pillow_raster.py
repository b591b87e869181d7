"""The raster of an image that Pillow has decoded; for 8 bits only, Pillow cuts deeper ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from cyclegan.errors import UnsupportedFormat
from cyclegan.images.raster import BAND_PIXELS, Band, Raster
from cyclegan.images.spacing import Spacing

PLAIN = {"L": "L", "LA": "LA", "RGB": "RGB", "RGBA": "RGBA"}
CONVERTED = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "RGBX": "RGB"}
"""Pillow's modes, and the one whose samples are used."""
FROM_CMYK = "The file has printing colours (CMYK); they were converted by the plain formula."


def pillow_raster(
    image: Image.Image, *, bits: int, orientation: int, spacings: tuple[Spacing, ...]
) -> Raster:
    """The raster of a loaded image; raises UnsupportedFormat for what is not 8-bit colour."""
    mode = _mode(image)
    return Raster(
        height=image.height,
        width=image.width,
        bits=bits,
        channels=len(image.getbands()),
        colours=3 if mode.startswith("RGB") else 1,
        alpha="straight" if mode.endswith("A") else "none",
        dtype=np.dtype(np.uint8),
        bands=lambda: _bands(image, mode),
        # A profile for CMYK does not fit the RGB that it became.
        icc=None if image.mode == "CMYK" else image.info.get("icc_profile"),
        orientation=orientation,
        spacings=spacings,
        notes=(FROM_CMYK,) if image.mode == "CMYK" else (),
    )


def _mode(image: Image.Image) -> str:
    if "transparency" in image.info:
        return "RGBA"
    mode = (PLAIN | CONVERTED).get(image.mode)
    if mode is None:
        raise UnsupportedFormat(
            f"the image has colours of the kind {image.mode}; save it as grey or RGB"
        )
    return mode


def _bands(image: Image.Image, mode: str) -> Iterator[Band]:
    rows = max(1, BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        part = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield np.atleast_3d(np.asarray(part.convert(mode)))
