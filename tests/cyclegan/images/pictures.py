"""Made pictures and files for the tests of reading and writing."""

from __future__ import annotations

import importlib
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tifffile
from imagecodecs import cms_profile
from numpy.typing import NDArray
from PIL import Image

from cyclegan.images.develop import develop
from cyclegan.images.formats import READERS
from cyclegan.images.image import DecodeLimits, Pixels
from cyclegan.images.orientation import upright
from cyclegan.images.raster import Raster
from cyclegan.images.sniff import HEAD_BYTES, sniff

ORIENTATION = 274


def noise(height: int, width: int, *, seed: int = 0) -> Pixels:
    """Random colours, (height, width, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def deep_noise(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint16]:
    """Random colours, (height, width, 3) uint16."""
    return np.random.default_rng(seed).integers(0, 65536, (height, width, 3), dtype=np.uint16)


def smooth(height: int, width: int) -> Pixels:
    """Slow gradients that survive JPEG, different in each colour, (height, width, 3) uint8."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (np.stack([y, x, (y + x) / 2], axis=2) * 200 + 20).astype(np.uint8)


def save(path: Path, pixels: Pixels) -> Path:
    """The picture in the kind of file that the ending of the path says."""
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels, photometric="rgb")
    else:
        Image.fromarray(pixels).save(path, quality=95, subsampling=0)
    return path


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], *extra: bytes, data: bytes | None = None
) -> bytes:
    """A PNG of 8 or 16 bit grey, grey and alpha, RGB or RGBA, with extra chunks.

    `data` replaces the rows.
    """
    height, width, samples = pixels.shape
    bits, colour_type = pixels.itemsize * 8, {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    rows = b"".join(b"\0" + row.astype(pixels.dtype.newbyteorder(">")).tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *extra]
    parts += [chunk(b"IDAT", zlib.compress(rows if data is None else data)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def swapping_profile() -> bytes:
    """An ICC profile whose red is sRGB's green and whose green is sRGB's red."""
    return cms_profile(
        "rgb",
        whitepoint=(0.3127, 0.3290, 1.0),
        primaries=(0.30, 0.60, 1.0, 0.64, 0.33, 1.0, 0.15, 0.06, 1.0),
        gamma=2.2,
    )


class Read(NamedTuple):
    """What came out of a file in this process."""

    pixels: Pixels
    raster: Raster
    notes: tuple[str, ...]


def read_here(path: Path, *, max_pixels: int = 10**8) -> Read:
    """Decode in this process what `open_image` decodes in a child, which takes longer to start."""
    with path.open("rb") as file:
        name = sniff(file.read(HEAD_BYTES))
    decoder = importlib.import_module(READERS[name].decoder)
    raster = decoder.decode(path, limits=DecodeLimits(max_pixels=max_pixels))
    rows, notes = develop(raster)
    pixels = upright(np.concatenate(list(rows)), raster.orientation)
    return Read(pixels, raster, (*raster.notes, *notes))
