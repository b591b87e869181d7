"""The stain of one slide redrawn as that of another: what a generator shall learn to paint.

How a slide was stained cannot be seen in its fluorescence, so targets of one look are learned
better than those of many, and results are more alike from slide to slide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from cyclegan.images.image import Pixels
from cyclegan.stains import Floats, optical_density, stain_matrix

PERCENTILE = 99.0
MIN_TOP = 0.05
"""Least concentration in units of optical density that counts as a slide's strongest."""
MAX_WHITE = 0.06
"""Most optical density of empty glass; where there is none the brightest tissue is no glass."""
LIMITS = (0.5, 2.0)
"""No stain is made weaker or stronger than by these factors."""


@dataclass(frozen=True)
class Look:
    """How a slide is stained, in units of optical density."""

    haematoxylin: float
    """99th percentile of its concentration."""
    eosin: float
    """99th percentile of its concentration."""
    haematoxylin_tint: float
    """How much of the residual stain comes with each unit of haematoxylin: its hue."""
    eosin_tint: float
    """The same of eosin."""
    red: float = 0.0
    """Optical density of empty glass: cameras differ in what they call white."""
    green: float = 0.0
    """The same in the green channel."""
    blue: float = 0.0
    """The same in the blue channel."""


def look_of(sample: Pixels) -> Look:
    """The look of a slide from a sample of its pixels, (..., 3) uint8."""
    density = optical_density(sample.reshape(-1, 3))
    white = np.clip(np.percentile(density, 1, axis=0), 0, MAX_WHITE)
    stains = (density - white) @ np.linalg.inv(stain_matrix())
    tops = np.maximum(np.percentile(stains[:, :2], PERCENTILE, axis=0), MIN_TOP)
    tints = np.linalg.lstsq(stains[:, :2], stains[:, 2], rcond=None)[0]
    return Look(*(float(value) for value in (*tops, *tints, *white)))


def common_look(looks: Sequence[Look]) -> Look:
    """The one in the middle of many, with white glass."""
    middle = np.median([astuple(look) for look in looks], axis=0)
    return Look(*(float(value) for value in middle[:4]))


def redraw(he: Pixels, own: Look, wanted: Look) -> Pixels:
    """An H&E picture, (height, width, 3) uint8, of one look in another, as a new array.

    What is neither stain, such as red cells and pigment, keeps its distance from them in hue.
    """
    matrix = stain_matrix()
    density: Floats = optical_density(he) - _glass(own)
    turn = np.linalg.inv(matrix) @ _change(own, wanted) @ matrix
    redrawn = density @ turn.astype(np.float32) + _glass(wanted)
    light = 256 * np.power(10.0, -redrawn) - 1
    return np.asarray(np.rint(np.clip(light, 0, 255)).astype(np.uint8))


def _glass(look: Look) -> Floats:
    """The optical density of empty glass, (3,) float32."""
    return np.array([look.red, look.green, look.blue], dtype=np.float32)


def _change(own: Look, wanted: Look) -> Floats:
    """From concentrations of one look to those of another: rows in, columns out, (3, 3)."""
    haematoxylin, eosin = np.clip(
        (wanted.haematoxylin / own.haematoxylin, wanted.eosin / own.eosin), *LIMITS
    )
    rest = (haematoxylin + eosin) / 2
    return np.array(
        [
            [
                haematoxylin,
                0,
                haematoxylin * wanted.haematoxylin_tint - rest * own.haematoxylin_tint,
            ],
            [0, eosin, eosin * wanted.eosin_tint - rest * own.eosin_tint],
            [0, 0, rest],
        ],
        dtype=np.float32,
    )
