"""The stain of one slide redrawn as that of another: what generators learn to paint.

How a slide was stained cannot be seen in its fluorescence, so targets of one stain are learned
better than those of many, and results are more alike from slide to slide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclegan.fan import as_vector
from cyclegan.images.image import Pixels
from cyclegan.stain_fit import fitted_stains, without_black
from cyclegan.stains import Floats, Vector, optical_density, stain_matrix

PERCENTILE = 99.0
MIN_TOP = 0.05
"""Least concentration in units of optical density that counts as a slide's strongest."""
MAX_WHITE = 0.06
"""Most optical density of empty glass; where there is none the brightest tissue is no glass."""
LIMITS = (0.5, 2.0)
"""No stain is made weaker or stronger than by these factors."""
CLEAR: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class SlideStain:
    """How a slide is stained, in units of optical density."""

    haematoxylin: Vector
    """Its colour, of unit length."""
    eosin: Vector
    """Its colour, of unit length."""
    tops: tuple[float, float]
    """99th percentiles of the concentrations of haematoxylin and eosin."""
    white: Vector = CLEAR
    """Of empty glass: cameras differ in what they call white."""


def stain_of(sample: Pixels) -> SlideStain:
    """The stain of a slide from a sample of its pixels, (..., 3) uint8."""
    density = optical_density(without_black(sample))
    white = np.clip(np.percentile(density, 1, axis=0), 0, MAX_WHITE)
    haematoxylin, eosin = fitted_stains(sample)
    stains = (density - white) @ np.linalg.inv(stain_matrix(haematoxylin, eosin))
    tops = np.maximum(np.percentile(stains[:, :2], PERCENTILE, axis=0), MIN_TOP)
    return SlideStain(haematoxylin, eosin, (float(tops[0]), float(tops[1])), as_vector(white))


def common_stain(stains: Sequence[SlideStain]) -> SlideStain:
    """The one in the middle of many, with white glass."""
    haematoxylin, eosin, tops = (
        np.median([getattr(stain, name) for stain in stains], axis=0)
        for name in ("haematoxylin", "eosin", "tops")
    )
    haematoxylin, eosin = (colour / np.linalg.norm(colour) for colour in (haematoxylin, eosin))
    return SlideStain(as_vector(haematoxylin), as_vector(eosin), (float(tops[0]), float(tops[1])))


def redraw(he: Pixels, own: SlideStain, wanted: SlideStain) -> Pixels:
    """An H&E picture, (height, width, 3) uint8, of one stain in another, as a new array.

    What is neither stain, such as red cells and pigment, keeps its distance from them in hue.
    """
    factors = np.clip(np.array(wanted.tops) / np.array(own.tops), *LIMITS)
    change = np.append(factors, factors.mean())
    turn = np.linalg.inv(_stains(own)) * change @ _stains(wanted)
    density: Floats = optical_density(he) - np.array(own.white, dtype=np.float32)
    redrawn = density @ turn.astype(np.float32) + np.array(wanted.white, dtype=np.float32)
    light = 256 * np.power(np.float32(10), -redrawn) - 1
    return np.asarray(np.rint(np.clip(light, 0, 255)).astype(np.uint8))


def _stains(stain: SlideStain) -> Floats:
    return stain_matrix(stain.haematoxylin, stain.eosin)
