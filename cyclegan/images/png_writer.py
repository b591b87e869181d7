"""Writing a plain PNG of any size, as the rows arrive.

Rows are compressed in threads, in blocks that know nothing of one another and are joined to one
stream, as pigz does it; so nothing but the rows that are not complete, and one band of
those that are, is held in memory.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from cyclegan.images.bands import Bands
from cyclegan.images.image import Pixels, Writer
from cyclegan.images.new_file import NewFile, write_all
from cyclegan.images.placement import Placement
from cyclegan.images.srgb import srgb_profile
from cyclegan.images.threads import mapped, threads

BLOCK_BYTES = 2**18
"""About how much is compressed as one: smaller blocks compress less well."""
BLOCKS = 16
"""In a band."""
LEVEL = 1
"""Of compression. With runs alone (Z_RLE) noisy tissue takes a tenth less space than with zlib's
usual search for repetitions at this level, in a third of the time."""
LEFT = 1
"""PNG's filter: each sample as its difference from the one to its left."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BIT_RGB = b"\x08\x02\0\0\0"
ZLIB_HEADER = b"\x78\x01"
LAST_BLOCK = b"\x03\x00"
"""An empty block of deflate that says it is the last."""
METRE = 1
UM_PER_METRE = 1e6


class PngWriter(Writer):
    """Writes blocks as their rows arrive."""

    def __init__(
        self,
        path: Path,
        *,
        height: int,
        width: int,
        spacing_um: float | None,
        description: str = "",
    ) -> None:
        self._placement = Placement(height=height, width=width)
        self._block = max(1, BLOCK_BYTES // (width * 3))
        rows = BLOCKS * self._block
        self._bands = Bands(height=height, width=width, rows=rows, columns=width)
        self._checksum = zlib.adler32(b"")
        with ExitStack() as stack:
            self._target = NewFile(path)
            stack.callback(self._target.discard)
            self._file = stack.enter_context(self._target.open())
            self._threads = stack.enter_context(threads())
            write_all(self._file, SIGNATURE)
            for name, body in head(height, width, spacing_um, description):
                self._add(name, body)
            self._add(b"IDAT", ZLIB_HEADER)
            self._leftovers = stack.pop_all()

    def write(self, piece: Pixels) -> None:
        """Append a piece of the image."""
        self._bands.put(*self._placement.add(piece), piece)
        for _, _, band in self._bands.taken():
            blocks = (band[top : top + self._block] for top in range(0, len(band), self._block))
            for stored, compressed in mapped(self._threads, packed, blocks):
                self._checksum = zlib.adler32(stored, self._checksum)
                self._add(b"IDAT", compressed)

    def close(self) -> None:
        """Finish the stream, force the file to disk and give it its name."""
        with self._leftovers:
            self._placement.finish()
            self._add(b"IDAT", LAST_BLOCK + struct.pack(">I", self._checksum))
            self._add(b"IEND", b"")
            self._file.close()
            self._target.publish()

    def abort(self) -> None:
        """Throw away what was written."""
        self._leftovers.close()

    def _add(self, name: bytes, body: bytes) -> None:
        checksum = zlib.crc32(body, zlib.crc32(name))
        length, end = struct.pack(">I", len(body)), struct.pack(">I", checksum)
        write_all(self._file, b"".join([length, name, body, end]))


def head(
    height: int, width: int, spacing_um: float | None, description: str
) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the chunks before the pixels."""
    yield b"IHDR", struct.pack(">II", width, height) + EIGHT_BIT_RGB
    yield b"iCCP", b"sRGB\0\0" + zlib.compress(srgb_profile())
    if spacing_um:
        per_metre = round(UM_PER_METRE / spacing_um)
        yield b"pHYs", struct.pack(">IIB", per_metre, per_metre, METRE)
    if description:
        # No language and no translated keyword; not compressed.
        yield b"iTXt", b"Description\0\0\0\0\0" + description.encode()


def packed(block: Pixels) -> tuple[bytes, bytes]:
    """Rows as PNG stores them, and the same compressed."""
    stored = filtered(block)
    return stored, deflated(stored)


def filtered(rows: Pixels) -> bytes:
    """Rows as PNG stores them: each begins with the number of its filter."""
    count, width = rows.shape[:2]
    stored = np.empty((count, 1 + width * 3), np.uint8)
    stored[:, 0] = LEFT
    samples = stored[:, 1:].reshape(count, width, 3)
    samples[:, 0] = rows[:, 0]
    np.subtract(rows[:, 1:], rows[:, :-1], out=samples[:, 1:])
    return stored.tobytes()


def deflated(block: bytes) -> bytes:
    """A piece of a deflate stream that ends at a whole byte and leaves the stream open."""
    squeeze = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, strategy=zlib.Z_RLE)
    return squeeze.compress(block) + squeeze.flush(zlib.Z_SYNC_FLUSH)
