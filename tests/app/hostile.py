"""Files that are made to do harm, each small, with the statuses with which they may be answered."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import cache

import numpy as np
import tifffile
from PIL import Image

from tests.app.web import png
from tests.cyclegan.images.pictures import chunk

TAKEN = {202}
UNSUPPORTED = {415}
UNUSABLE = {422}
TOO_LARGE = {413}
SWELL_BYTES = 64 * 2**20
"""What the bombs become when they are unpacked; packed, a thousandth of it."""

LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
)
BILLION = f'<?xml version="1.0"?><!DOCTYPE OME [{LAUGHS}]><OME>&l9;</OME>'
FILE_ENTITY = (
    '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY x SYSTEM "file:///etc/passwd">]><OME>&x;</OME>'
)
SVG = b"""<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"""
HTML = b"<!doctype html><html><script>alert(1)</script></html>"


def hostile() -> dict[str, tuple[str, bytes, set[int]]]:
    """By what it tries: the name it is sent under, its bytes, and the statuses that are right.

    What swells only beyond what its header says is taken: nobody reads so far.
    """
    return {
        "a PNG whose pixels swell": ("a.png", _png(13, 17, _packed()), TAKEN),
        "a PNG whose text swells": ("a.png", _png_with(b"zTXt", b"a\0\0" + _packed()), TAKEN),
        "a PNG whose profile swells": ("a.png", _png_with(b"iCCP", b"a\0\0" + _packed()), TAKEN),
        "a PNG as large as the sea": ("a.png", _png(2**31 - 1, 2**31 - 1, b"x"), TOO_LARGE),
        "a JPEG as large as the sea": ("a.jpg", _jpeg(65_500, 65_500), TOO_LARGE),
        "a TIFF whose strip swells": ("a.tif", _swelling_tiff(), TAKEN),
        "a TIFF of one huge tile": ("a.tif", _tiff(tile=2**20), TOO_LARGE | UNUSABLE),
        "a TIFF whose pages go round": ("a.tif", _circular(), TAKEN | UNUSABLE),
        "a TIFF whose lower pages go round": ("a.tif", _circular_below(), TAKEN | UNUSABLE),
        "a TIFF with 65,535 tags that are not there": ("a.tif", _empty_directory(), UNUSABLE),
        "a BigTIFF with 2**60 tags": ("a.tif", _endless_directory(), UNUSABLE),
        "a TIFF whose values lie nowhere": ("a.tif", _tiff(offset=2**32 - 2), UNUSABLE),
        "XML that laughs a billion times": ("a.ome.tif", _described(BILLION), TAKEN | UNUSABLE),
        "XML that asks for a file": ("a.ome.tif", _described(FILE_ENTITY), TAKEN | UNUSABLE),
        "a ZIP": ("a.png", _zip(), UNSUPPORTED),
        "SVG": ("a.png", SVG, UNSUPPORTED),
        "SVG by its own name": ("a.svg", SVG, UNSUPPORTED),
        "HTML": ("a.tif", HTML, UNSUPPORTED),
        "HTML that begins like a GIF": ("a.png", b"GIF89a/*" + HTML, UNSUPPORTED),
        "a PNG that ends as HTML": ("a.html", png() + HTML, TAKEN | UNUSABLE),
        "a PNG that ends as a ZIP": ("a.zip", png() + _zip(), TAKEN | UNUSABLE),
        "a program": ("a.png", b"\x7fELF" + bytes(1000), UNSUPPORTED),
        "PostScript": ("a.tif", b"%!PS-Adobe-3.0\n(x) run\n", UNSUPPORTED),
    }


@cache
def _packed() -> bytes:
    return zlib.compress(bytes(SWELL_BYTES), 9)


def _png(height: int, width: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _png_with(kind: bytes, data: bytes) -> bytes:
    whole = png()
    return whole[:33] + chunk(kind, data) + whole[33:]


def _jpeg(height: int, width: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, "JPEG")
    data = bytearray(out.getvalue())
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def _directory(*tags: tuple[int, int, int, int], then: int = 0) -> bytes:
    """A little-endian classic TIFF with one directory at byte 8."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", then)


def _tiff(*, tile: int = 16, offset: int = 8) -> bytes:
    return _directory(
        (256, 4, 1, 16),
        (257, 4, 1, 16),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (322, 4, 1, tile),
        (323, 4, 1, tile),
        (324, 4, 1, offset),
        (325, 4, 1, 100),
    )


def _swelling_tiff() -> bytes:
    out = io.BytesIO()
    pixels = np.zeros((16, 16, 3), np.uint8)
    tifffile.imwrite(out, pixels, photometric="rgb", compression="deflate")
    data, packed = bytearray(out.getvalue()), _packed()
    at = len(data)
    for tag, value in ((273, at), (279, len(packed))):
        entry = data.index(struct.pack("<H", tag), 8)
        struct.pack_into("<HII", data, entry + 2, 4, 1, value)
    return bytes(data) + packed


def _circular() -> bytes:
    """Every page leads on to the first one."""
    out = io.BytesIO()
    tifffile.imwrite(out, np.zeros((16, 16), np.uint8), metadata=None)
    data = bytearray(out.getvalue())
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    return bytes(data)


def _circular_below() -> bytes:
    """The page's lower pages (tag 330) are the page itself."""
    return _directory(
        (256, 4, 1, 16),
        (257, 4, 1, 1),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 4, 1, 1),
        (279, 4, 1, 16),
        (330, 4, 1, 8),
    )


def _empty_directory() -> bytes:
    return b"II*\0" + struct.pack("<IH", 8, 65_535) + bytes(40)


def _endless_directory() -> bytes:
    return b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 2**60) + bytes(40)


def _described(xml: str) -> bytes:
    out = io.BytesIO()
    pixels = np.zeros((16, 16, 3), np.uint8)
    tifffile.imwrite(out, pixels, photometric="rgb", description=xml, metadata=None)
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("a.png", bytes(SWELL_BYTES))
    return out.getvalue()
