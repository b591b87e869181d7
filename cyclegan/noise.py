"""Smooth noise: what made tissue and made optics vary by."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cyclegan.stains import Floats


def smooth_noise(rng: Generator, shape: tuple[int, ...], size: tuple[float, float]) -> Floats:
    """Noise of mean 0 and standard deviation about 0.7, (height, width) float32.

    Its bumps have about the given size in px along each axis, (y, x).
    """
    steps = [np.arange(n, dtype=np.float32) / s + 1 for n, s in zip(shape, size, strict=True)]
    coarse = rng.standard_normal([math.ceil(step[-1]) + 3 for step in steps], dtype=np.float32)
    grid = np.meshgrid(*steps, indexing="ij")
    return np.asarray(ndimage.map_coordinates(coarse, grid, order=2, mode="nearest"))
