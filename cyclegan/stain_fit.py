"""The two stains of a slide, fitted on a sample of its pixels: laboratories and scanners differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyclegan.fan import Doubles, as_vector, fan_ends
from cyclegan.images.image import Pixels
from cyclegan.stains import EOSIN, HAEMATOXYLIN, Vector, optical_density

Mask = NDArray[np.bool_]

GLASS_DENSITY = 0.15
"""Optical density in all channels up to which a pixel is hardly stained (Macenko et al. 2009)."""
BLACK_DENSITY = 1.2
"""Optical density in all channels from which on it is no stain but ink, a fold or a frame."""
FARTHEST_DEGREES = (25.0, 35.0)
"""Between a slide's haematoxylin or eosin and the usual one; eosins differ more."""


def fitted_stains(sample: Pixels) -> tuple[Vector, Vector]:
    """Haematoxylin and eosin as a slide has them, from a sample of its pixels, (..., 3) uint8.

    They are the ends of the fan of its colours, optical densities of unit length. One that is
    farther than `FARTHEST_DEGREES` from the usual stain is taken for something else, and the usual
    one is returned.
    """
    pixels = sample.reshape(-1, 3)
    density = optical_density(pixels).astype(np.float64)
    stained = density[(density.max(axis=1) > GLASS_DENSITY) & ~is_black(pixels)]
    if not len(stained):
        return HAEMATOXYLIN, EOSIN
    # Haematoxylin takes more of the red light.
    eosin, haematoxylin = sorted(fan_ends(stained), key=lambda colour: float(colour[0]))
    return (
        _near(haematoxylin, HAEMATOXYLIN, FARTHEST_DEGREES[0]),
        _near(eosin, EOSIN, FARTHEST_DEGREES[1]),
    )


def is_black(pixels: Pixels) -> Mask:
    """Where H&E pixels, (..., 3) uint8, are ink, a fold or a frame rather than stain, (...)."""
    return np.asarray(optical_density(pixels).min(axis=-1) >= BLACK_DENSITY)


def without_black(pixels: Pixels) -> Pixels:
    """The pixels, (..., 3) uint8, that are not black, (n, 3); all of them where all are."""
    kept = pixels[~is_black(pixels)]
    return kept if len(kept) else pixels.reshape(-1, 3)


def _near(colour: Doubles, usual: Vector, degrees: float) -> Vector:
    cosine = float(colour @ np.array(usual)) / float(np.linalg.norm(usual))
    return as_vector(colour) if cosine >= np.cos(np.radians(degrees)) else usual
