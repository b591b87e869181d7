"""The small made image that goes through a model to show and to test it."""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import Pixels

SIZE = 272
"""Height and width in px: the smallest multiple of 16 with a pixel left inside a halo of 128."""


def example_image() -> Pixels:
    """(272, 272, 3) uint8 in the colours of MUSE: blue nuclei on a glowing, striped ground."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:SIZE, :SIZE]
    ground = 0.5 + 0.25 * np.sin(x / 19 + 3 * np.sin(y / 47)) + 0.25 * np.cos(y / 31 - x / 83)
    nuclei = np.zeros((SIZE, SIZE))
    for centre_y, centre_x, radius in random.uniform((0, 0, 2.5), (SIZE, SIZE, 6), size=(90, 3)):
        distance = (y - centre_y) ** 2 + (x - centre_x) ** 2
        nuclei = np.maximum(nuclei, np.exp(-distance / (2 * radius**2)))
    glow = ground[..., None] * (1 - nuclei[..., None]) * (150, 90, 60)
    noise = random.normal(0, 3, size=(SIZE, SIZE, 3))
    light = 12 + glow + nuclei[..., None] * (40, 90, 220) + noise
    pixels: Pixels = light.round().clip(0, 255).astype(np.uint8)
    return pixels
