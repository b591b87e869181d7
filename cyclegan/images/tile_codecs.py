"""How the tiles of a TIFF are compressed: exactly, or as JPEG."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cyclegan.images.image import Pixels
from cyclegan.images.tiff_directory import Field, shorts

DEFLATE_LEVEL = 1
"""Of compression: the library's usual one takes twice the time for 6 % less."""
JPEG_QUALITY = 95

COMPRESSION, PHOTOMETRIC, PREDICTOR, SUBSAMPLING = 259, 262, 317, 530
"""Tags that say how samples are stored."""
JPEG, ADOBE_DEFLATE = 7, 8
RGB, YCBCR = 2, 6
HORIZONTAL = 2
"""Each sample as its difference from the one to its left."""


@dataclass(frozen=True)
class TileCodec:
    """A way of compressing tiles; the same tile always gives the same bytes."""

    code: int
    """TIFF's number of the compression."""
    encode: Callable[[Pixels], bytes]
    """The bytes of a whole tile, (height, width, 3) uint8; may be called from several threads."""
    decode: Callable[[bytes], Pixels]
    """The tile of bytes of our own making, which is square; may be called from several threads."""
    fields: tuple[Field, ...]
    """What tells a reader of it."""


def deflated(tile: Pixels) -> bytes:
    """A tile without loss."""
    # Reading needs no encoder, and imports this module.
    from imagecodecs import deflate_encode, delta_encode

    differences = delta_encode(tile, axis=-2)
    return bytes(deflate_encode(differences.tobytes(), level=DEFLATE_LEVEL))


def inflated(data: bytes) -> Pixels:
    """The tile that `deflated` was given."""
    differences = np.frombuffer(zlib.decompress(data), np.uint8)
    side = math.isqrt(differences.size // 3)
    return differences.reshape(side, side, 3).cumsum(axis=1, dtype=np.uint8)


def as_jpeg(tile: Pixels) -> bytes:
    """A tile as a JPEG of its own with full colour resolution (4:4:4)."""
    from imagecodecs import jpeg8_encode

    encoded = jpeg8_encode(
        tile,
        level=JPEG_QUALITY,
        colorspace="RGB",
        outcolorspace="YCBCR",
        subsampling=(1, 1),
    )
    return bytes(encoded)


def from_jpeg(data: bytes) -> Pixels:
    """The tile that a JPEG shows."""
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        return np.asarray(image)


TILE_CODECS: dict[str, TileCodec] = {
    "deflate": TileCodec(
        ADOBE_DEFLATE,
        deflated,
        inflated,
        (
            shorts(COMPRESSION, ADOBE_DEFLATE),
            shorts(PHOTOMETRIC, RGB),
            shorts(PREDICTOR, HORIZONTAL),
        ),
    ),
    "jpeg": TileCodec(
        JPEG,
        as_jpeg,
        from_jpeg,
        (shorts(COMPRESSION, JPEG), shorts(PHOTOMETRIC, YCBCR), shorts(SUBSAMPLING, 1, 1)),
    ),
}
"""Ways of compressing the tiles of a TIFF; the first is what is done unless asked."""
