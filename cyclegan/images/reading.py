"""Opening an image: its bytes tell its kind, and a child process decodes it into a spool."""

from __future__ import annotations

import stat
import tempfile
from contextlib import ExitStack
from pathlib import Path

from cyclegan.errors import UnsupportedFormat
from cyclegan.images.image import DecodeLimits
from cyclegan.images.sandbox import decode
from cyclegan.images.sniff import HEAD_BYTES, sniff
from cyclegan.images.spool import SpoolReader, new_spool


def open_image(
    path: Path, *, limits: DecodeLimits | None = None, scratch: Path | None = None
) -> SpoolReader:
    """The image in a file, decoded, upright, in sRGB; its pixels wait in a file in `scratch`.

    `scratch` is a folder for `height * width * 3` bytes (default: the temporary folder); they are
    given back by `close` and on any error. May be called from several threads at once.
    Raises UnsupportedFormat, CorruptImage, ImageTooLarge, and OSError (ENOSPC) when `scratch` is
    full.
    """
    limits = limits or DecodeLimits()
    if not stat.S_ISREG(path.stat().st_mode):
        raise UnsupportedFormat("this is a folder or a device; send an image file")
    with path.open("rb") as file:
        name = sniff(file.read(HEAD_BYTES))
    spool = new_spool(scratch or Path(tempfile.gettempdir()))
    with ExitStack() as undo:
        undo.callback(spool.unlink, missing_ok=True)
        reader = SpoolReader(spool, decode(path, name=name, spool=spool, limits=limits))
        undo.pop_all()
    return reader
