"""What decoding one image may cost here."""

from __future__ import annotations

from app.settings import ServeSettings
from cyclegan.images.image import DecodeLimits


def decode_limits(settings: ServeSettings) -> DecodeLimits:
    """What decoding one image may cost, by the settings."""
    return DecodeLimits(
        max_pixels=settings.max_pixels,
        max_region_pixels=settings.max_region_pixels,
        memory_bytes=settings.decode_memory_bytes,
        seconds=settings.decode_seconds,
    )
