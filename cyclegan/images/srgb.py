"""The sRGB colour profile that is embedded in what is written, and converted to when reading."""

from __future__ import annotations

from functools import cache

from PIL import ImageCms

DATE = slice(24, 36)
"""Where an ICC profile keeps the moment of its making."""

FIXED_DATE = bytes.fromhex("07d000010001000000000000")
"""1 January 2000: with the true one, the same rows would not give the same file."""


@cache
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, the same bytes each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[DATE] = FIXED_DATE
    return bytes(profile)
