"""Contrast turned over: fluorescence is bright where stained tissue is dark.

Without it nuclei and background can change places in unpaired training (Abraham et al. 2020,
arXiv 2008.08579).
"""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import Pixels
from cyclegan.stains import Floats

CHUNK_PX = 16_384
"""Pixels worked on at once, so that what lies between stays in the processor's cache."""

_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65, 2 degree observer
_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
TO_XYZ = (_XYZ / _WHITE[:, None]).astype(np.float32)
"""From linear red, green and blue, 0..1 (columns), to X, Y and Z over those of white (rows)."""
FROM_XYZ = (np.linalg.inv(_XYZ) * _WHITE).astype(np.float32)
"""The other way round."""
STEEP = 6 / 29
"""Below this f(t) of CIE 1976 is a straight line instead of the cube root of t."""
OFFSET = 4 / 29
SLOPE = STEEP**-2 / 3

LEVELS = np.arange(256, dtype=np.float32) / 255
LINEAR = np.where(LEVELS > 0.04045, ((LEVELS + 0.055) / 1.055) ** 2.4, LEVELS / 12.92)
"""The light of each grey level of sRGB, 0..1."""


def inverted(pixels: Pixels) -> Pixels:
    """255 less every value."""
    return 255 - pixels


def inverted_luminance(pixels: Pixels) -> Pixels:
    """CIE lightness L* as 100 - L*, with a* and b*, and so the hue, kept where sRGB reaches."""
    flat = pixels.reshape(-1, 3)
    out = np.empty_like(flat)
    for start in range(0, len(flat), CHUNK_PX):
        part = slice(start, start + CHUNK_PX)
        out[part] = _turned_over(flat[part])
    return out.reshape(pixels.shape)


def _turned_over(pixels: Pixels) -> Pixels:
    """The same of (n, 3) uint8 pixels."""
    x, y, z = (_root(light) for light in _mixed(TO_XYZ, LINEAR[pixels.T]))
    # L* = 116 f(Y) - 16, a* = 500 (f(X) - f(Y)) and b* = 200 (f(Y) - f(Z)).
    change = 132 / 116 - 2 * y
    lights = [_cube(value + change) for value in (x, y, z)]
    linear = np.clip(_mixed(FROM_XYZ, lights), 0, 1)
    levels = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return np.asarray(np.rint(255 * levels).astype(np.uint8).T)


def _mixed(matrix: Floats, parts: Floats | list[Floats]) -> Floats:
    """Three weighted sums of three planes, each value for itself, so that place plays no part."""
    return np.stack([a * parts[0] + b * parts[1] + c * parts[2] for a, b, c in matrix])


def _root(light: Floats) -> Floats:
    return np.where(light > STEEP**3, np.cbrt(light), SLOPE * light + OFFSET)


def _cube(root: Floats) -> Floats:
    return np.where(root > STEEP, root**3, np.maximum(root - OFFSET, 0) / SLOPE)
