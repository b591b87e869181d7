"""The fan of colours that pixels span: two dyes, or two stains, are its ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyclegan.stains import Floats, Vector

Doubles = NDArray[np.float64]


def fan_ends(colours: Doubles) -> tuple[Doubles, Doubles]:
    """The ends of the fan of some colours, (n, 3), n >= 1: unit length, no part below 0.

    Between them, in the plane of the two main axes, lie all but a hundredth on each side (Macenko
    et al. 2009, doi 10.1109/ISBI.2009.5193250).
    """
    _, axes = np.linalg.eigh(colours.T @ colours / len(colours))
    plane = axes[:, :0:-1]  # (3, 2): the two main axes, the longest first
    plane = plane * np.where(plane.sum(axis=0) < 0, -1.0, 1.0)
    along, across = (colours @ plane).T
    ends = np.percentile(np.arctan2(across, along), [1, 99])
    directions = np.stack([np.cos(ends), np.sin(ends)], axis=1)  # (2, 2)
    first, second = np.clip(directions @ plane.T, 0, None)
    return unit(first), unit(second)


def unit(colour: Doubles | Vector) -> Doubles:
    """The colour at length 1; black stays black."""
    vector = np.asarray(colour, dtype=np.float64)
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def as_vector(colour: Doubles | Floats) -> Vector:
    """The three parts of a colour as plain numbers."""
    return (float(colour[0]), float(colour[1]), float(colour[2]))
