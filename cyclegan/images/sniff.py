"""What kind of image a path leads to: by content, never by name."""

from __future__ import annotations

import stat
from pathlib import Path

from cyclegan.errors import CorruptImage, UnsupportedFormat
from cyclegan.images.formats import READERS

HEAD_BYTES = 4096
"""How much of a file's beginning is enough to tell what it is."""

READ = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"II+\x00", "tiff"),
    (0, b"MM\x00+", "tiff"),
    (0, b"[Virtual Microscope Specimen]", "slide"),
    (0, b"[Uncompressed Virtual Microscope Specimen]", "slide"),
    (0, b"SQLite format 3\x00", "slide"),
    (128, b"DICM", "slide"),
)
"""Offset and first bytes of what is read, and its key in `READERS`."""

IN_FOLDER = ("zarr.json", ".zgroup")
"""Files that make a folder a Zarr group, by version 3 and 2."""
MIRAX = ".mrxs"
MIRAX_INDEX = "Slidedat.ini"
"""The file of a MIRAX slide is a small JPEG; what it is shows in the folder of its name."""

RECOGNISED = (
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a BMP image"),
    (8, b"WEBP", "a WebP image"),
    (4, b"ftyp", "an image or film in an MP4 container (HEIC, AVIF or the like)"),
    (4, b"jP  ", "a JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (0, b"8BPS", "a Photoshop image"),
    (0, b"ZISRAWFILE", "a Zeiss CZI image"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
)
"""Offset, bytes and name of what is not read but can be named."""


def kind_of(path: Path) -> str:
    """The key in `READERS` of the image at a path: a file, or a folder that is an image.

    Raises CorruptImage for an empty file or half a slide, UnsupportedFormat for anything that is
    not read here, and OSError when there is nothing or it may not be read.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode) and is_image_folder(path):
        return "ome-zarr"
    if not stat.S_ISREG(mode):
        raise UnsupportedFormat("this is a folder or a device; send an image file")
    with path.open("rb") as file:
        name = sniff(file.read(HEAD_BYTES))
    if name == "jpeg" and path.suffix.lower() == MIRAX:
        if not (path.with_suffix("") / MIRAX_INDEX).is_file():
            raise CorruptImage(
                f"this MRXS slide lacks the folder {path.stem} beside it, which holds its pixels"
            )
        return "slide"
    return name


def is_image_folder(path: Path) -> bool:
    """Whether a folder is one image, an OME-Zarr, rather than a place where images lie."""
    return any((path / name).is_file() for name in IN_FOLDER)


def sniff(head: bytes) -> str:
    """The key in `READERS` of the format that a file with this beginning has.

    Raises CorruptImage for an empty file, UnsupportedFormat for anything that is not read here.
    """
    if not head:
        raise CorruptImage("the file is empty (0 bytes); send it again")
    for offset, magic, name in READ:
        if head[offset:].startswith(magic):
            return name
    raise UnsupportedFormat(f"this is {_describe(head)}; what is read is {_readable()}")


def _describe(head: bytes) -> str:
    for offset, magic, name in RECOGNISED:
        if head[offset:].startswith(magic):
            return name
    return _describe_text(head)


def _describe_text(head: bytes) -> str:
    try:
        # The last bytes may be half a character.
        text = head[: max(1, len(head) - 3)].decode("utf-8-sig").lstrip().lower()
    except UnicodeDecodeError:
        return "no kind of image that is known here"
    if "<svg" in text:
        return "an SVG drawing"
    if text.startswith(("<!doctype html", "<html")):
        return "an HTML page"
    if all(letter.isprintable() or letter.isspace() for letter in text):
        return "a text file"
    return "no kind of image that is known here"


def _readable() -> str:
    titles = [reader.title for reader in READERS.values() if reader.is_one_file]
    return f"{', '.join(titles[:-1])} and {titles[-1]}"
