"""Reading JPEG with libvips, after a look at the structure: libjpeg fills gaps with grey.

Printing colours are left to Pillow, which holds the whole picture.
"""

from __future__ import annotations

import re
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image

from cyclegan.errors import CorruptImage, UnsupportedFormat
from cyclegan.images.exif import orientation_of
from cyclegan.images.image import DecodeLimits
from cyclegan.images.pillow_raster import pillow_raster
from cyclegan.images.raster import Raster, check_size
from cyclegan.images.sequential import Sequential
from cyclegan.images.spacing import Spacing, from_density

COLOURS: dict[str, Literal[1, 3]] = {"L": 1, "RGB": 3}
"""Pillow's modes of what libvips reads, and how many samples that has."""
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker, as opposed to a stuffed byte, a restart marker or filling."""
START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
DECODABLE = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
"""Baseline, extended and progressive, with Huffman or arithmetic coding; not lossless."""
END_OF_IMAGE = 0xD9
START_OF_IMAGE = 0xD8
START_OF_SCAN = 0xDA
DENSITY_UNITS = {1: "inch", 2: "cm"}


class Frame(NamedTuple):
    """What the start of frame says."""

    kind: int
    bits: int
    height: int
    width: int


def decode(path: Path, *, limits: DecodeLimits) -> Raster:
    """The raster of a JPEG file; see `raster.Decode`."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        frame = read_frame(data)
        check_size(frame.height, frame.width, limits.max_pixels)
        check_complete(data)
    with Image.open(path, formats=["JPEG"]) as image:
        if image.mode not in COLOURS:
            # Pixels first: after a failure over EXIF, Pillow may show black rows, not an error.
            image.load()
        orientation, spacings = orientation_of(image.info.get("exif", b"")), _spacing(image)
    if image.mode not in COLOURS:
        return pillow_raster(image, bits=8, orientation=orientation, spacings=spacings)
    pixels = Sequential(path, kind="jpeg")
    return Raster(
        height=pixels.height,
        width=pixels.width,
        bits=8,
        channels=pixels.samples,
        colours=COLOURS[image.mode],
        alpha="none",
        dtype=pixels.dtype,
        bands=pixels.bands,
        icc=image.info.get("icc_profile"),
        orientation=orientation,
        spacings=spacings,
    )


def read_frame(data: mmap) -> Frame:
    """What the first start of frame says; raises when there is none or it cannot be decoded."""
    position = 2
    while found := MARKER.search(data, position):
        kind, position = data[found.end() - 1], found.end()
        if kind in START_OF_FRAME:
            return _checked(_frame(data, kind, position))
        if kind in (END_OF_IMAGE, START_OF_SCAN):
            break
        position += _size(data, position)
    raise CorruptImage("the JPEG file has no picture in it, or is cut short; send it again")


def check_complete(data: mmap) -> None:
    """Raise CorruptImage unless a scan is followed by the end of the image.

    A thumbnail inside the metadata has an end of its own, so whole segments are stepped over.
    """
    position, scans = 2, 0
    while found := MARKER.search(data, position):
        kind, position = data[found.end() - 1], found.end()
        if kind == END_OF_IMAGE and scans:
            return
        scans += kind == START_OF_SCAN
        if kind not in (START_OF_IMAGE, END_OF_IMAGE):
            position += _size(data, position)
    raise CorruptImage("the JPEG file is cut short; send it again")


def _frame(data: mmap, kind: int, position: int) -> Frame:
    body = data[position + 2 : position + 7]
    if len(body) < 5:
        raise CorruptImage("the JPEG file is cut short; send it again")
    return Frame(kind, body[0], int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big"))


def _checked(frame: Frame) -> Frame:
    if frame.kind not in DECODABLE or frame.bits != 8:
        raise UnsupportedFormat(
            f"this is a JPEG of a rare kind ({frame.bits} bit, process {frame.kind - 0xC0}); "
            "save it as an ordinary 8-bit JPEG, or as PNG or TIFF"
        )
    if not (frame.height and frame.width):
        raise CorruptImage("the JPEG file does not say how large its picture is; save it anew")
    return frame


def _size(data: mmap, position: int) -> int:
    """Bytes of the segment whose size field stands at the position, at least the field itself."""
    return max(2, int.from_bytes(data[position : position + 2], "big"))


def _spacing(image: Image.Image) -> tuple[Spacing, ...]:
    x, y = image.info.get("jfif_density", (0, 0))
    unit = DENSITY_UNITS.get(image.info.get("jfif_unit", 0), "")
    return from_density(y, x, unit=unit, source="JPEG resolution")
