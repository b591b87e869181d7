"""Structural similarity with the truth at five scales (Wang, Simoncelli and Bovik 2003)."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import ndimage

from cyclegan.evaluate.field import Field, luminance
from cyclegan.evaluate.look import Doubles
from cyclegan.evaluate.metric import FieldMetric, Reading

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, the finest first; each next one has half the size."""
LEAST_PX = 11 * 2 ** (len(WEIGHTS) - 1)
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ms_ssim(first: Doubles, second: Doubles) -> float:
    """MS-SSIM of two maps in 0..255, (height, width), of at least `LEAST_PX` on both sides.

    A contrast that is the opposite of the other's counts as no similarity.
    """
    product = 1.0
    for scale, weight in enumerate(WEIGHTS):
        brightness, contrast = _terms(first, second)
        is_last = scale == len(WEIGHTS) - 1
        term = float((brightness * contrast).mean() if is_last else contrast.mean())
        product *= max(term, 0.0) ** weight
        first, second = _halved(first), _halved(second)
    return product


def _terms(a: Doubles, b: Doubles) -> tuple[Doubles, Doubles]:
    """Maps of how alike brightness is, and contrast with structure; a window's half is cut off."""
    mean = partial(ndimage.gaussian_filter, sigma=1.5, truncate=3.5)
    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    both = mean(a * b) - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    contrast = (2 * both + C2) / (var_a + var_b + C2)
    inside = slice(5, -5)
    return brightness[inside, inside], contrast[inside, inside]


def _halved(light: Doubles) -> Doubles:
    height, width = (length // 2 * 2 for length in light.shape)
    blocks = light[:height, :width].reshape(height // 2, 2, width // 2, 2)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=light.dtype)


def _measure(field: Field) -> Reading | None:
    truth = field.scene.truth
    if truth is None or min(truth.shape[:2]) < LEAST_PX:
        return None
    light = (luminance(field.output).astype(np.float64), luminance(truth).astype(np.float64))
    return Reading(ms_ssim(*light), truth.shape[0] * truth.shape[1])


MS_SSIM = FieldMetric(
    title="MS-SSIM",
    unit="",
    better="higher",
    needs="truth",
    meaning="Structural similarity of luminance with the truth at five scales: 1 is the same. "
    "Blind to colour; fields below 176 px are too small for it.",
    measure=_measure,
)
