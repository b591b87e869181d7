"""The small made image that goes through a model to show and to test it."""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import Pixels

AREA_OF_A_NUCLEUS = 800
"""px of the image for each nucleus in it."""


def example_image(size: int) -> Pixels:
    """(size, size, 3) uint8 in the colours of MUSE: blue nuclei on a glowing, striped ground."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size]
    ground = 0.5 + 0.25 * np.sin(x / 19 + 3 * np.sin(y / 47)) + 0.25 * np.cos(y / 31 - x / 83)
    nuclei = np.zeros((size, size))
    count = size * size // AREA_OF_A_NUCLEUS
    for centre_y, centre_x, radius in random.uniform((0, 0, 2.5), (size, size, 6), (count, 3)):
        distance = (y - centre_y) ** 2 + (x - centre_x) ** 2
        nuclei = np.maximum(nuclei, np.exp(-distance / (2 * radius**2)))
    glow = ground[..., None] * (1 - nuclei[..., None]) * (150, 90, 60)
    noise = random.normal(0, 3, size=(size, size, 3))
    light = 12 + glow + nuclei[..., None] * (40, 90, 220) + noise
    pixels: Pixels = light.round().clip(0, 255).astype(np.uint8)
    return pixels
