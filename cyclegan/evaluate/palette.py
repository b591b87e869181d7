"""How far all colours of tissue together are from those of real tissue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import wasserstein_distance

from cyclegan.evaluate.look import Doubles, Look, pooled_colours
from cyclegan.evaluate.metric import SetMetric
from cyclegan.stains import optical_density

DIRECTIONS = 64
SEED = 0


def directions() -> Doubles:
    """Fixed directions of unit length in the three densities, (3, 64)."""
    drawn = np.random.default_rng(SEED).standard_normal((3, DIRECTIONS))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=0))


def _compare(made: Sequence[Look], real: Sequence[Look]) -> float | None:
    first, second = (
        optical_density(pooled_colours(looks)) @ directions() for looks in (made, real)
    )
    if not len(first) or not len(second):
        return None
    pairs = zip(first.T, second.T, strict=True)
    return float(np.mean([wasserstein_distance(a, b) for a, b in pairs]))


PALETTE = SetMetric(
    title="Colours, sliced distance",
    unit="OD",
    better="lower",
    meaning="Mean Wasserstein distance of the optical densities of red, green and blue in tissue "
    "from real H&E, along 64 fixed directions. Blind to where colours lie.",
    compare=_compare,
)
