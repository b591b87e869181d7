"""How far all colours of tissue together are from those of real tissue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclegan.evaluate.look import Doubles, Look, pooled_colours
from cyclegan.evaluate.metric import SetMetric
from cyclegan.images.image import Pixels
from cyclegan.stains import optical_density

DIRECTIONS = 64
SEED = 0
QUANTILES = 1000
"""Of each side: their mean distance is the Wasserstein distance, and sorting is done once."""


def directions() -> Doubles:
    """Fixed directions of unit length in the three densities, (3, 64)."""
    drawn = np.random.default_rng(SEED).standard_normal((3, DIRECTIONS))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=0))


def _compare(made: Sequence[Look], real: Sequence[Look]) -> float | None:
    first, second = (pooled_colours(looks) for looks in (made, real))
    if not len(first) or not len(second):
        return None
    return float(np.abs(_quantiles(first) - _quantiles(second)).mean())


def _quantiles(colours: Pixels) -> Doubles:
    """Evenly spread quantiles along each direction, (1000, 64)."""
    along = np.sort(optical_density(colours) @ directions(), axis=0)
    places = (np.arange(QUANTILES) + 0.5) / QUANTILES * len(along)
    return np.asarray(along[places.astype(np.intp)])


PALETTE = SetMetric(
    title="Colours, sliced distance",
    unit="OD",
    better="lower",
    meaning="Mean Wasserstein distance of the optical densities of red, green and blue in tissue "
    "from real H&E, along 64 fixed directions. Blind to where colours lie.",
    compare=_compare,
)
