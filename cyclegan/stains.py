"""Light through stained sections: optical density, stain separation and Beer-Lambert rendering.

Concentrations have no unit: 1 is what the strongest stained tissue of an image has. The module
knows arrays only, neither files nor engines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import Pixels

Floats = NDArray[np.float32]
Vector = tuple[float, float, float]
"""Red, green, blue."""

HAEMATOXYLIN: Vector = (0.650, 0.704, 0.286)
"""Optical density of haematoxylin, unit length (Ruifrok and Johnston 2001)."""
EOSIN: Vector = (0.072, 0.990, 0.105)
"""Optical density of eosin, unit length (Ruifrok and Johnston 2001)."""


@dataclass(frozen=True)
class Colouring:
    """How concentrations become colours: `255 * exp(-(k_n * n * N + k_c * c * C))` per channel.

    The absorption of both stains is that of Giacomelli et al. 2016
    (doi 10.1371/journal.pone.0159337), scaled so that green is 1; the strengths are ours, chosen
    so that a pure nucleus is dark blue-purple and most tissue is pale pink.
    """

    nuclear: Vector = (0.860, 1.000, 0.300)
    """Absorption of the nuclear stain for red, green and blue."""
    counterstain: Vector = (0.050, 1.000, 0.544)
    """Absorption of the counterstain for red, green and blue."""
    nuclear_k: float = 1.5
    """Strength of the nuclear stain where its concentration is 1."""
    counterstain_k: float = 0.7
    """Strength of the counterstain where its concentration is 1."""


def optical_density(rgb: Pixels) -> Floats:
    """The decadic optical density, (..., 3) float32, 0 for white, 2.41 for black."""
    table = -np.log10((np.arange(256, dtype=np.float32) + 1) / 256)
    return np.asarray(table[rgb], dtype=np.float32)


def stain_matrix(first: Vector = HAEMATOXYLIN, second: Vector = EOSIN) -> Floats:
    """Three stains as rows of unit length, (3, 3) float32; the third is what the two leave over."""
    rows = np.array([first, second, np.cross(first, second)], dtype=np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows, dtype=np.float32)


def separate(he: Pixels, stains: Floats | None = None) -> Floats:
    """Concentrations of haematoxylin, eosin and the residual, (height, width, 3) float32.

    They are in units of optical density and can be negative; their product with the matrix of
    `stain_matrix` gives the optical density back.
    """
    matrix = stain_matrix() if stains is None else stains
    return np.asarray(optical_density(he) @ np.linalg.inv(matrix), dtype=np.float32)


def render(nuclear: Floats, counterstain: Floats, colouring: Colouring | None = None) -> Pixels:
    """The H&E picture of two concentration maps of shape (height, width), as a new array."""
    look = colouring or Colouring()
    rgb = np.empty((*nuclear.shape, 3), dtype=np.uint8)
    for channel in range(3):
        density = look.nuclear_k * look.nuclear[channel] * nuclear
        density = density + look.counterstain_k * look.counterstain[channel] * counterstain
        rgb[..., channel] = np.rint(255 * np.exp(-density))
    return rgb
