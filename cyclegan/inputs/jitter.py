"""Views as they would have been fitted on somewhat other pictures: for training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from cyclegan.inputs.dyes import DyeView
from cyclegan.inputs.view import View
from cyclegan.stains import Vector

COLOUR = 0.03
"""Standard deviation of each part of a dye's colour, which is of unit length."""
BACKGROUND = 3.0
"""Standard deviation in grey levels."""
REFERENCE = 0.12
"""Standard deviation of the logarithm of what counts as concentration or brightness 1."""


def jittered(view: View, rng: Generator) -> View:
    """The view with its fit changed at random; one that has no fit stays as it is."""
    if not isinstance(view, DyeView):
        return view
    dyes = view.dyes
    nuclear, counterstain, brightness = np.exp(rng.normal(0, REFERENCE, 3))
    changed = replace(
        dyes,
        background=_moved(dyes.background, rng, BACKGROUND),
        nuclear=_turned(dyes.nuclear, rng),
        counterstain=_turned(dyes.counterstain, rng),
        nuclear_range=(0.0, float(dyes.nuclear_range[1] * nuclear)),
        counterstain_range=(0.0, float(dyes.counterstain_range[1] * counterstain)),
    )
    return replace(view, dyes=changed, brightness=float(view.brightness * brightness))


def _moved(colour: Vector, rng: Generator, deviation: float) -> Vector:
    red, green, blue = (float(part) for part in rng.normal(colour, deviation))
    return red, green, blue


def _turned(colour: Vector, rng: Generator) -> Vector:
    if not any(colour):
        return colour
    moved = np.clip(_moved(colour, rng, COLOUR), 0, None)
    red, green, blue = (float(part) for part in moved / np.linalg.norm(moved))
    return red, green, blue
