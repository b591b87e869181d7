"""What a microscope does to light: blur, haze, uneven light, specks and dust.

Functions on maps of light, (height, width) float32 in any unit, that know neither dyes nor cameras.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cyclegan.nuclei import window
from cyclegan.stains import Floats

FOCUS_PX = 400
"""About how far apart places of different focus are."""
REACH = 2.5
"""A speck or grain of dust is drawn out to so many standard deviations."""


def blur(light: Floats, sigma_px: float) -> Floats:
    """The light through a Gaussian of so many px, as a new map; edges go on as they end."""
    step = int(sigma_px / 2.5)
    if step < 2:
        return np.asarray(ndimage.gaussian_filter(light, sigma_px, mode="nearest", truncate=3))
    # What is left of a wide blur fits on a coarse copy. Taking the mean of blocks and drawing lines
    # between them blurs by itself, by variances of step**2 / 12 and step**2 / 6.
    coarse = ndimage.gaussian_filter(
        _block_means(light, step),
        math.sqrt(sigma_px**2 - step**2 / 4) / step,
        mode="nearest",
    )
    rows, columns = (
        _between(length, n, step) for length, n in zip(light.shape, coarse.shape, strict=True)
    )
    return np.asarray(rows @ coarse @ columns.T)


def _block_means(light: Floats, step: int) -> Floats:
    """Means of blocks of step x step px; those at the end take the last row and column again."""
    padded = np.pad(light, [(0, -length % step) for length in light.shape], mode="edge")
    height, width = (length // step for length in padded.shape)
    return np.asarray(padded.reshape(height, step, width, step).mean(axis=(1, 3)))


def _between(length: int, samples: int, step: int) -> Floats:
    """How much each block counts for each px of a line between them, (length, samples)."""
    places = np.clip((np.arange(length, dtype=np.float32) + 0.5) / step - 0.5, 0, samples - 1)
    away = np.abs(places[:, None] - np.arange(samples, dtype=np.float32))
    return np.asarray(np.clip(1 - away, 0, None), dtype=np.float32)


def falloff(rng: Generator, shape: tuple[int, ...], *, shading: float, vignetting: float) -> Floats:
    """The share of light that each px gets, (height, width), 0..1.

    `shading` is lost from one side of the field to the other, `vignetting` in its corners.
    """
    y, x = (
        np.linspace(-1, 1, n, dtype=np.float32) if n > 1 else np.zeros(1, np.float32) for n in shape
    )
    angle = rng.uniform(0, 2 * math.pi)
    ramp = 0.5 + (math.sin(angle) * y[:, None] + math.cos(angle) * x) / (2 * math.sqrt(2))
    corner = (y[:, None] ** 2 + x**2) / 2
    return np.asarray((1 - shading * ramp) * (1 - vignetting * corner), dtype=np.float32)


def spots(rng: Generator, shape: tuple[int, ...], *, per_mpx: float, sigma_px: float) -> Floats:
    """Scattered round spots, (height, width), 0..1: specks that glow, or dust that shades.

    Their count is Poisson's, their sizes lie within a factor of two of the mean, and the faintest
    is half as strong as the strongest. Where two meet, the stronger is seen.
    """
    drawn = np.zeros(shape, dtype=np.float32)
    count = rng.poisson(per_mpx * shape[0] * shape[1] / 1e6)
    places = rng.uniform((0, 0), shape[:2], (count, 2))
    sizes = sigma_px * 2 ** rng.uniform(-1, 1, count)
    for (y, x), sigma, strength in zip(places, sizes, rng.uniform(0.5, 1, count), strict=True):
        part = window(y, x, REACH * sigma + 1, shape)
        rows, columns = (np.arange(s.start, s.stop, dtype=np.float32) for s in part)
        profiles = (
            np.exp(-(((rows - y) / sigma) ** 2) / 2),
            np.exp(-(((columns - x) / sigma) ** 2) / 2),
        )
        np.maximum(drawn[part], strength * np.outer(*profiles), out=drawn[part])
    return drawn
