"""A patch of H&E as a row of numbers that were thought out, not learned: no weights are needed.

Edges and blobs at three scales in haematoxylin, eosin and density; waves of two lengths in four
directions, sorted, so that turning the patch changes nothing much; local binary patterns; and
moments of colour.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal
from skimage.feature import local_binary_pattern
from skimage.filters import gabor_kernel

from cyclegan.images.image import Pixels
from cyclegan.stains import Floats, optical_density, stain_matrix

PATCH_PX = 128
SCALES_PX = (1.0, 2.0, 4.0)
WAVES = (0.25, 0.1)
"""Cycles per px."""
DIRECTIONS = 4
NEIGHBOURS = 8
"""Of a pixel, for the binary patterns."""

Doubles = NDArray[np.float64]


def describe(he: Pixels) -> Doubles:
    """The features of a patch, (height, width, 3) uint8: (66,) float64, in optical density."""
    density = optical_density(he)
    stains = density @ np.linalg.inv(stain_matrix())
    mean = np.asarray(density.mean(axis=2), dtype=np.float32)
    return np.concatenate(
        [
            *(_edges_and_blobs(np.asarray(plane)) for plane in (*stains.T[:2], mean)),
            _waves(mean),
            _patterns(he),
            _moments(density.reshape(-1, 3).astype(np.float64)),
        ]
    )


def _edges_and_blobs(plane: Floats) -> Doubles:
    """Mean and spread of the steepness and of the curvature at each scale: 12."""
    found = []
    for scale in SCALES_PX:
        steep = scale * ndimage.gaussian_gradient_magnitude(plane, scale, mode="nearest")
        bend = scale**2 * ndimage.gaussian_laplace(plane, scale, mode="nearest")
        found += [steep.mean(), steep.std(), np.abs(bend).mean(), bend.std()]
    return np.array(found, dtype=np.float64)


def _waves(plane: Floats) -> Doubles:
    """The strength of waves of each length in each direction, the strongest direction first: 8."""
    level = plane - plane.mean()
    found: list[float] = []
    for kernels in _kernels():
        strengths = [
            float(np.abs(signal.fftconvolve(level, kernel, mode="same")).mean())
            for kernel in kernels
        ]
        found += sorted(strengths, reverse=True)
    return np.array(found)


@cache
def _kernels() -> list[list[NDArray[np.complex128]]]:
    """Of each length of waves, one for each direction."""
    turns = [np.pi * turn / DIRECTIONS for turn in range(DIRECTIONS)]
    return [[gabor_kernel(frequency, theta=turn) for turn in turns] for frequency in WAVES]


def _patterns(he: Pixels) -> Doubles:
    """Shares of the uniform local binary patterns of luminance: 10."""
    grey = np.rint(he.mean(axis=2)).astype(np.uint8)
    codes = local_binary_pattern(grey, NEIGHBOURS, 1.0, method="uniform").astype(np.intp)
    return np.asarray(np.bincount(codes.ravel(), minlength=NEIGHBOURS + 2) / codes.size)


def _moments(density: Doubles) -> Doubles:
    """Mean, spread and skewness (as a length) of the three channels, and how they vary together."""
    mean = density.mean(axis=0)
    off = density - mean
    together = off.T @ off / len(off)
    return np.concatenate(
        [mean, off.std(axis=0), np.cbrt((off**3).mean(axis=0)), together[np.triu_indices(3, 1)]]
    )
