"""How sharp each cell of an image is: how much finer detail it has than coarser.

The energy of gradients is compared at two scales, both finer than a nucleus. Their ratio does not
know of exposure and contrast, and hardly of haze, which is coarser still; noise adds the same to
every place, and is taken off. On simulated pictures by rigs of every family the ratio tells by how
wide a Gaussian the picture was blurred.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cyclegan.quality.patch import Patch
from cyclegan.stains import Floats

BLUR_UM = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.5)
"""Standard deviation of the blur at which the ratio is that of `RATIOS`."""
RATIOS = (0.265, 0.285, 0.36, 0.45, 0.54, 0.70, 0.82)
"""Medians over 40 rigs, of points of 1 µm."""
GAINS = (0.0451, 0.0148, 0.00426)
"""What white noise with a variance of 1 adds to the energies: of one binomial, of two, of four."""
NOISE_GAIN = 36
"""What it adds to the squares of 1 -2 1 along both axes."""
LEAST_ENERGY = 0.05
"""Squared grey levels per point that structure has at least, at the coarser scale."""


def energies(patch: Patch) -> Floats:
    """Energies of the finer and the coarser scale and the variance of noise, (3, rows, columns)."""
    light = patch.light
    fine = _binomial(light)
    coarse = _binomial(_binomial(_binomial(fine)))
    noise = _second(_second(light, 0), 1)
    noise *= noise
    noise /= NOISE_GAIN
    return np.stack([patch.means(layer) for layer in (_steepness(fine), _steepness(coarse), noise)])


def blur_um(layers: Floats, point_um: float) -> Floats:
    """Of the energies of all cells, how wide a Gaussian would blur as much, (rows, columns), in µm.

    NaN where there is nothing to tell it by.
    """
    fine, coarse, noise = layers
    calm = float(np.percentile(noise, 10)) * 1.1
    fine, coarse = (
        ndimage.uniform_filter(np.maximum(layer - gain * calm, 0), 3)
        for layer, gain in ((fine, GAINS[0]), (coarse, GAINS[2]))
    )
    known = coarse > max(2 * GAINS[2] * calm, LEAST_ENERGY)
    ratio = coarse / np.maximum(fine, 1e-9)
    width = np.interp(ratio, RATIOS, BLUR_UM) * point_um
    return np.asarray(np.where(known, width, np.nan), dtype=np.float32)


def _binomial(light: Floats) -> Floats:
    """The map through 1 4 6 4 1 along both axes: a variance of 1 point."""
    for axis in (0, 1):
        light = _weighted(_weighted(light, axis), axis)
    return light


def _weighted(light: Floats, axis: int) -> Floats:
    """1 2 1 along an axis; edges go on as they end."""
    out = light.copy()
    one, two = _shifted(light, axis)
    inner = _inner(out, axis)
    inner *= 2
    inner += one
    inner += two
    inner *= 0.25
    return out


def _second(light: Floats, axis: int) -> Floats:
    """1 -2 1 along an axis; 0 at the edges."""
    out = np.zeros_like(light)
    one, two = _shifted(light, axis)
    _inner(out, axis)[...] = one + two - 2 * _inner(light, axis)
    return out


def _steepness(light: Floats) -> Floats:
    """The squared length of the gradient; 0 at the edges."""
    out = np.zeros_like(light)
    for axis in (0, 1):
        one, two = _shifted(light, axis)
        slope = two - one
        slope *= 0.5
        slope *= slope
        inner = _inner(out, axis)
        inner += slope
    return out


def _shifted(light: Floats, axis: int) -> tuple[Floats, Floats]:
    """What comes before and after all but the first and last."""
    return (light[:-2], light[2:]) if axis == 0 else (light[:, :-2], light[:, 2:])


def _inner(light: Floats, axis: int) -> Floats:
    """All but the first and last along an axis, as a view."""
    return light[1:-1] if axis == 0 else light[:, 1:-1]
