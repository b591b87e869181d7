"""What kind of file some bytes begin: by content, never by name."""

from __future__ import annotations

from cyclegan.errors import CorruptImage, UnsupportedFormat
from cyclegan.images.formats import READERS

HEAD_BYTES = 4096
"""How much of a file's beginning is enough to tell what it is."""

READ = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"II+\x00": "tiff",
    b"MM\x00+": "tiff",
}
"""First bytes of what is read, and its key in `READERS`."""

RECOGNISED = (
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a BMP image"),
    (8, b"WEBP", "a WebP image"),
    (4, b"ftyp", "an image or film in an MP4 container (HEIC, AVIF or the like)"),
    (4, b"jP  ", "a JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (0, b"8BPS", "a Photoshop image"),
    (0, b"ZISRAWFILE", "a Zeiss CZI image"),
    (128, b"DICM", "a DICOM file"),
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


def sniff(head: bytes) -> str:
    """The key in `READERS` of the format that a file with this beginning has.

    Raises CorruptImage for an empty file, UnsupportedFormat for anything that is not read here.
    """
    if not head:
        raise CorruptImage("the file is empty (0 bytes); send it again")
    for magic, name in READ.items():
        if head.startswith(magic):
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
    titles = [reader.title for reader in READERS.values()]
    return f"{', '.join(titles[:-1])} and {titles[-1]}"
