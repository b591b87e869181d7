"""Reading whole-slide formats with OpenSlide, which puts their scattered parts together.

TIFFs that tifffile reads properly are left to it: OpenSlide reads 16-bit ones wrongly, and of an
OME-TIFF only the finest level.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from openslide import OpenSlide
from PIL import Image

from cyclegan.errors import UnsupportedFormat
from cyclegan.images.blocks import Blocks
from cyclegan.images.image import DecodeLimits, Pixels
from cyclegan.images.raster import CROP_IT, Level, Raster, bands_of, check_size
from cyclegan.images.scale import factor_between
from cyclegan.images.spacing import Spacing

BLOCK_PX = 512
"""What is asked of OpenSlide at once: always the same blocks, because in levels below the finest it
moves a region by part of a pixel."""
VENDORS = {"dicom", "leica", "mirax", "philips", "sakura", "trestle", "ventana"}
"""OpenSlide's names for what only it reads properly."""
HAMAMATSU = "hamamatsu"
CLASSIC_TIFF_BYTES = 2**32
"""NDPI files from this size on have positions that only OpenSlide understands."""
WHITE = "FFFFFF"


def decode(path: Path, *, limits: DecodeLimits) -> Raster:
    """The raster of a slide, which is read by regions; see `raster.Decode`.

    What the scanner left out has the background colour that the file states, or white.
    """
    if OpenSlide.detect_format(path) is None:
        raise UnsupportedFormat(
            "this is no slide that OpenSlide can open; of a slide in several files (MRXS, VMS, "
            "DICOM) all must lie together"
        )
    slide = OpenSlide(path)
    width, height = slide.dimensions
    check_size(height, width, limits.max_region_pixels, cure=CROP_IT)
    # OpenSlide goes on halving until nothing is left.
    kept = [number for number, size in enumerate(slide.level_dimensions) if min(size) > 0]
    levels = tuple(_level(slide, number) for number in kept)
    return Raster(
        height=height,
        width=width,
        bits=8,
        channels=3,
        colours=3,
        alpha="none",
        dtype=np.dtype(np.uint8),
        bands=lambda: bands_of(levels[0]),
        icc=slide.read_region((0, 0), 0, (1, 1)).info.get("icc_profile"),
        spacings=_spacings(slide),
        levels=levels,
    )


def is_for_openslide(path: Path) -> bool:
    """Whether a TIFF is of a vendor whose files only OpenSlide reads properly."""
    vendor = OpenSlide.detect_format(path)
    return vendor in VENDORS or (vendor == HAMAMATSU and path.stat().st_size >= CLASSIC_TIFF_BYTES)


def _level(slide: OpenSlide, number: int) -> Level:
    width, height = slide.level_dimensions[number]
    downsample = slide.level_downsamples[number]
    background = tuple(bytes.fromhex(slide.properties.get("openslide.background-color", WHITE)))

    def load(row: int, column: int) -> Pixels:
        y, x = row * BLOCK_PX, column * BLOCK_PX
        place = round(x * downsample), round(y * downsample)
        size = min(BLOCK_PX, width - x), min(BLOCK_PX, height - y)
        return _over(slide.read_region(place, number, size), background)

    blocks = Blocks(
        load, size=(height, width, 3), cell=(BLOCK_PX, BLOCK_PX), dtype=np.dtype(np.uint8)
    )
    finest_width, finest_height = slide.dimensions
    factor = factor_between((finest_height, finest_width), (height, width))
    return Level(height, width, factor=factor, read=blocks.read)


def _over(region: Image.Image, background: tuple[int, ...]) -> Pixels:
    """A region with its transparent parts over the background, (height, width, 3) uint8."""
    below = Image.new("RGBA", region.size, (*background, 255))
    return np.asarray(Image.alpha_composite(below, region))[:, :, :3]


def _spacings(slide: OpenSlide) -> tuple[Spacing, ...]:
    try:
        y, x = (float(slide.properties[f"openslide.mpp-{axis}"]) for axis in "yx")
    except (KeyError, ValueError):
        return ()
    return (Spacing(y, x, "the slide's metadata"),) if y > 0 and x > 0 else ()
