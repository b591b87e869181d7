"""Contrast turned over: fluorescence is bright where stained tissue is dark.

Without it nuclei and background can change places in unpaired training (Abraham et al. 2020,
arXiv 2008.08579).
"""

from __future__ import annotations

import numpy as np
from skimage.color import lab2rgb, rgb2lab

from cyclegan.images.image import Pixels


def inverted(pixels: Pixels) -> Pixels:
    """255 less every value."""
    return 255 - pixels


def inverted_luminance(pixels: Pixels) -> Pixels:
    """CIE lightness L* as 100 - L*, with a* and b*, and so the hue, kept where sRGB reaches."""
    lab = rgb2lab(pixels.astype(np.float32) / 255)
    lab[..., 0] = 100 - lab[..., 0]
    rgb = lab2rgb(lab)
    return np.asarray(np.rint(255 * np.clip(rgb, 0, 1)).astype(np.uint8))
