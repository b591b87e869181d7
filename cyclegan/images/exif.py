"""The orientation in a block of EXIF; nothing else of it is ever used or kept."""

from __future__ import annotations

import struct
import warnings

from PIL import ExifTags, Image

from cyclegan.images.raster import valid_orientation


def orientation_of(exif: bytes) -> int:
    """The orientation, 1 to 8; 1 when the block is absent, damaged or says nothing."""
    tags = Image.Exif()
    try:
        with warnings.catch_warnings(action="ignore"):
            tags.load(exif)
        return valid_orientation(tags.get(ExifTags.Base.Orientation))
    except (SyntaxError, ValueError, KeyError, TypeError, IndexError, OSError, struct.error):
        return 1
