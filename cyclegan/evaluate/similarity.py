"""Structural similarity (SSIM) at one scale: with the truth, and with the input turned over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading

LEAST_PX = 11
"""Height and width of the window."""


def ssim(first: NDArray[np.generic], second: NDArray[np.generic]) -> Reading | None:
    """SSIM of two pictures in 0..255 with the Gaussian window of Wang et al. 2004."""
    if min(first.shape[:2]) < LEAST_PX:
        return None
    value = structural_similarity(
        np.asarray(first, dtype=np.float32),
        np.asarray(second, dtype=np.float32),
        data_range=255.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=2 if first.ndim == 3 else None,
    )
    return Reading(float(value), first.shape[0] * first.shape[1])


def _with_truth(field: Field) -> Reading | None:
    truth = field.scene.truth
    return None if truth is None else ssim(field.output, truth)


def _with_input(field: Field) -> Reading | None:
    return ssim(field.light, field.scene.light)


SSIM = FieldMetric(
    title="SSIM",
    unit="",
    better="higher",
    needs="truth",
    meaning="Structural similarity with the truth, the mean of the three channels, in windows of "
    "11 px: 1 is the same. A shift of few pixels ruins it, so that on pairs that are registered "
    "badly it says nothing.",
    measure=_with_truth,
)
INPUT_SSIM = FieldMetric(
    title="SSIM with the inverted input",
    unit="",
    better="higher",
    needs="input",
    meaning="Structural similarity of the output's luminance with the input's turned over. 1 for "
    "the inverted input; it falls for good recolouring, too, and is to be compared only between "
    "translations of the same images.",
    measure=_with_input,
)
