"""Reading PNG. Pixels come from libvips, which refuses a picture with missing rows.

Pillow is not used for them: it reads 16-bit RGB as 8 bit, and shows rows that are not in the file
as black when the compressed data ends early but neatly.
"""

from __future__ import annotations

import struct
import zlib
from mmap import ACCESS_READ, MADV_DONTNEED, mmap
from pathlib import Path

from cyclegan.errors import CorruptImage
from cyclegan.images.exif import orientation_of
from cyclegan.images.image import DecodeLimits
from cyclegan.images.raster import Raster, check_size
from cyclegan.images.sequential import Sequential
from cyclegan.images.spacing import Spacing, from_density

SIGNATURE_BYTES = 8
CHUNK = struct.Struct(">I4s")
HEADER = struct.Struct(">IIBB")
"""Width, height, bits per sample and colour type, at the start of IHDR."""
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel in the file, by colour type (3 is a palette)."""
WANTED = {b"iCCP", b"eXIf", b"pHYs", b"acTL"}
"""Chunks beside the picture that matter: profile, orientation, resolution, animation."""
RELEASE_BYTES = 16 * 2**20
"""As much of a mapped file is held while its sums are checked."""
MOST_PROFILE_BYTES = 8 * 2**20


def decode(path: Path, *, limits: DecodeLimits) -> Raster:
    """The raster of a PNG file; see `raster.Decode`."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        width, height, bits, colour_type = _header(data)
        check_size(height, width, limits.max_pixels)
        kept = read_chunks(data)
    pixels = Sequential(path, kind="png")
    samples = pixels.samples
    animated = ("The file is an animation; its still picture was read.",) if b"acTL" in kept else ()
    return Raster(
        height=height,
        width=width,
        bits=bits,
        channels=CHANNELS[colour_type],
        colours=3 if samples >= 3 else 1,
        alpha="straight" if samples in (2, 4) else "none",
        dtype=pixels.dtype,
        bands=pixels.bands,
        icc=_profile(kept.get(b"iCCP", b"")),
        orientation=orientation_of(kept.get(b"eXIf", b"")),
        spacings=_spacing(kept.get(b"pHYs", b"")),
        notes=animated,
    )


def read_chunks(data: mmap) -> dict[bytes, bytes]:
    """The small chunks that matter here, by name, after checking every chunk's place and sum.

    Raises CorruptImage when the file ends before its IEND, or a chunk that holds the picture has
    been changed.
    """
    kept: dict[bytes, bytes] = {}
    position = released = SIGNATURE_BYTES
    while True:
        if position - released > RELEASE_BYTES:
            data.madvise(MADV_DONTNEED)
            released = position
        if position + CHUNK.size > len(data):
            raise CorruptImage("the PNG file is cut short; send it again")
        size, name = CHUNK.unpack_from(data, position)
        body = position + CHUNK.size
        position = body + size + 4
        if position > len(data):
            raise CorruptImage("the PNG file is cut short; send it again")
        if name[:1].isupper():
            _check_sum(data, body, size)
        if name in WANTED:
            kept.setdefault(name, data[body : body + size])
        if name == b"IEND":
            return kept


def _header(data: mmap) -> tuple[int, int, int, int]:
    start = SIGNATURE_BYTES + CHUNK.size
    if len(data) < start + HEADER.size or data[start - 4 : start] != b"IHDR":
        raise CorruptImage("the PNG file has no header; send it again")
    width, height, bits, colour_type = HEADER.unpack_from(data, start)
    if not (width and height and colour_type in CHANNELS):
        raise CorruptImage("the PNG file has a header that makes no sense; send it again")
    return width, height, bits, colour_type


def _check_sum(data: mmap, body: int, size: int) -> None:
    """Sums of picture data, which no decoder here looks at."""
    with memoryview(data) as view, view[body - 4 : body + size] as checked:
        met = zlib.crc32(checked)
    if met != int.from_bytes(data[body + size : body + size + 4], "big"):
        raise CorruptImage("the PNG file has been changed on its way; send it again")


def _profile(chunk: bytes) -> bytes | None:
    """The ICC profile in an iCCP chunk: a name, a zero, a byte for the method, compressed data."""
    _, _, rest = chunk.partition(b"\x00")
    if not rest:
        return None
    try:
        return zlib.decompressobj().decompress(rest[1:], MOST_PROFILE_BYTES)
    except zlib.error:
        return b"damaged"


def _spacing(chunk: bytes) -> tuple[Spacing, ...]:
    if len(chunk) != 9:
        return ()
    x, y, unit = struct.unpack(">IIB", chunk)
    return from_density(y, x, unit="m" if unit == 1 else "", source="PNG resolution")
