"""One grey channel, three times: what a network sees that was trained on grey H&E."""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import Pixels

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the luma of ITU-R BT.601."""


def grey(pixels: Pixels) -> Pixels:
    """The luma of each pixel in all three channels, rounded."""
    luma = np.zeros(pixels.shape[:-1], dtype=np.float32)
    for channel, share in enumerate(LUMA):
        luma += np.float32(share) * pixels[..., channel]
    rounded = np.rint(luma).astype(np.uint8)
    return np.repeat(rounded[..., np.newaxis], 3, axis=-1)


def inverted_grey(pixels: Pixels) -> Pixels:
    """The same turned over: what glows becomes dark, as stained tissue is."""
    return 255 - grey(pixels)
