"""Smooth noise: what made tissue and made optics vary by."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from cyclegan.stains import Floats


def smooth_noise(rng: Generator, shape: tuple[int, ...], size: tuple[float, float]) -> Floats:
    """Noise of mean 0 and standard deviation about 0.6, (height, width) float32.

    Its bumps have about the given size in px along each axis, (y, x).
    """
    rows, columns = (_weights(n, s) for n, s in zip(shape, size, strict=True))
    coarse = rng.standard_normal((rows.shape[1], columns.shape[1]), dtype=np.float32)
    return np.asarray(rows @ coarse @ columns.T)


def _weights(length: int, size: float) -> Floats:
    """How much each coarse sample counts for each pixel: quadratic B-splines, (length, samples)."""
    places = np.arange(length, dtype=np.float32) / size + 1
    samples = np.arange(math.ceil(places[-1]) + 2, dtype=np.float32)
    away = np.abs(places[:, None] - samples)
    weights = np.where(away < 0.5, 0.75 - away**2, 0.5 * np.clip(1.5 - away, 0, None) ** 2)
    return np.asarray(weights, dtype=np.float32)
