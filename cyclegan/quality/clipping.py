"""Where a channel of an image is at its end, so that what is brighter looks the same."""

from __future__ import annotations

from cyclegan.quality.patch import Patch
from cyclegan.stains import Floats

FULL = 254
"""Grey level of a point from which on all of its pixels are clipped, or nearly."""


def clipped(patch: Patch) -> Floats:
    """The share of each cell's points of which a channel is clipped, (rows, columns), 0..1."""
    red, green, blue = (patch.pixels[..., channel] >= FULL for channel in range(3))
    return patch.means(red | green | blue)
