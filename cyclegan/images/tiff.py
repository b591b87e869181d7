"""Reading the first page of TIFF, BigTIFF and what is built on them (OME-TIFF, SVS, NDPI).

tifffile decodes strips or tiles a few at a time, so memory is bounded where the file allows it.
What it cannot decode but libtiff can is left to Pillow.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image
from tifffile import TiffFile, TiffPage

from cyclegan.errors import CorruptImage, UnsupportedFormat
from cyclegan.images import slide
from cyclegan.images.ifd import count_pages
from cyclegan.images.image import DecodeLimits
from cyclegan.images.orientation import LYING
from cyclegan.images.pillow_raster import pillow_raster
from cyclegan.images.raster import CROP_IT, TILE_IT, Level, Raster, check_size, valid_orientation
from cyclegan.images.tiff_levels import is_decodable, levels_of
from cyclegan.images.tiff_pages import other_pages
from cyclegan.images.tiff_samples import Samples, samples_of
from cyclegan.images.tiff_segments import Segments
from cyclegan.images.tiff_spacing import stated_spacings

ORIENTATION = 274
UNCOMPRESSED = 1
SPOOLED_PIXELS = 2**24
"""A tiled picture of at most so many pixels and without levels is decoded whole: that is soon done,
and finds all damage."""


def decode(path: Path, *, limits: DecodeLimits) -> Raster:
    """The raster of a TIFF file's first page; see `raster.Decode`.

    Tiled files with levels, or with many pixels, are read by regions where tifffile can; some
    vendors' are left to OpenSlide.
    """
    if slide.is_for_openslide(path):
        return slide.decode(path, limits=limits)
    with path.open("rb") as file:
        pages = count_pages(file)
    with TiffFile(path) as tiff:
        page = tiff.pages.first
        samples = samples_of(page)
        _check_size(page, limits.max_region_pixels if page.is_tiled else limits.max_pixels)
        _check_shape(page)
        segments = Segments(page, path)
        levels = _levels(tiff, path, pages)
        if not levels:
            _check_size(page, limits.max_pixels)
        notes = other_pages(tiff, pages)
        raster = _with_tifffile(page, segments, samples) or _with_pillow(path, page, samples)
        return replace(
            raster,
            bits=samples.bits,
            channels=page.samplesperpixel,
            spacings=stated_spacings(page),
            notes=(*raster.notes, *notes),
            levels=levels,
        )


def _check_size(page: TiffPage, max_pixels: int) -> None:
    check_size(
        page.imagelength,
        page.imagewidth,
        max_pixels,
        cure=CROP_IT if page.is_tiled else TILE_IT,
    )


def _levels(tiff: TiffFile, path: Path, pages: int) -> tuple[Level, ...]:
    """The levels to read regions of; none where the picture is to be decoded whole."""
    levels = levels_of(tiff, path, pages)
    is_small = all(level.height * level.width <= SPOOLED_PIXELS for level in levels)
    return () if len(levels) < 2 and is_small else levels


def _check_shape(page: TiffPage) -> None:
    if page.imagelength < 1 or page.imagewidth < 1:
        raise CorruptImage("the TIFF file does not say how large its picture is; save it anew")
    if page.imagedepth != 1:
        raise UnsupportedFormat("the TIFF file holds a volume; save one plane of it")


def _with_tifffile(page: TiffPage, segments: Segments, samples: Samples) -> Raster | None:
    """The raster, or None when tifffile cannot decode the first or the last strip or tile."""
    if not (samples.is_readable and is_decodable(segments)):
        return None
    return Raster(
        height=page.imagelength,
        width=page.imagewidth,
        bits=samples.bits,
        channels=page.samplesperpixel,
        colours=samples.colours,
        alpha=samples.alpha,
        dtype=samples.dtype,
        bands=lambda: (samples.finish(band) for band in segments.bands()),
        icc=page.iccprofile,
        orientation=valid_orientation(page.tags.valueof(ORIENTATION)),
        notes=(*samples.notes, *segments.notes),
    )


def _with_pillow(path: Path, page: TiffPage, samples: Samples) -> Raster:
    """The same from Pillow, which turns TIFFs upright by itself."""
    if samples.bits > 8:
        raise UnsupportedFormat(samples.refusal)
    if page.compression == UNCOMPRESSED and page.tags.valueof(ORIENTATION, 1) >= LYING:
        # Pillow 13 swaps height and width of such files before it reads their rows.
        raise UnsupportedFormat(f"{samples.refusal}, and turned upright")
    try:
        image = Image.open(path, formats=["TIFF"])
    except OSError as error:
        raise UnsupportedFormat(samples.refusal) from error
    with image:
        image.load()
    if image.height * image.width != page.imagelength * page.imagewidth:
        raise CorruptImage("the TIFF file contradicts itself about its size; save it anew")
    return pillow_raster(image, bits=samples.bits, orientation=1, spacings=())
