"""How far the colours of tissue are from those of real tissue, one property at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import wasserstein_distance

from cyclegan.evaluate.look import Doubles, Look, pooled_colours
from cyclegan.evaluate.metric import SetMetric
from cyclegan.images.image import Pixels
from cyclegan.stains import optical_density, separate

DEGREES = 360
LEAST_CHROMA = 8
"""Grey levels between the strongest and the weakest channel below which a pixel has no hue."""


def hue(rgb: Pixels) -> Doubles:
    """The hue of the pixels, (n, 3) uint8, that have one: degrees, 0 red, 120 green, 240 blue."""
    levels = rgb.astype(np.float64)
    red, green, blue = levels[np.ptp(levels, axis=1) >= LEAST_CHROMA].T
    angle = np.degrees(np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue))
    return np.asarray(angle % DEGREES)


def circular_distance(first: Doubles, second: Doubles) -> float:
    """The Wasserstein distance of angles in degrees, on the circle, in bins of one degree."""
    shares = [
        np.bincount((np.rint(angles) % DEGREES).astype(np.intp), minlength=DEGREES) / len(angles)
        for angles in (first, second)
    ]
    ahead = np.cumsum(shares[0] - shares[1])
    return float(np.abs(ahead - np.median(ahead)).sum())


def _stain(index: int) -> Callable[[Pixels], Doubles]:
    return lambda rgb: separate(rgb)[:, index].astype(np.float64)


def _density(rgb: Pixels) -> Doubles:
    return np.asarray(np.linalg.norm(optical_density(rgb).astype(np.float64), axis=1))


def _compare(
    values_of: Callable[[Pixels], Doubles],
    distance: Callable[[Doubles, Doubles], float] = wasserstein_distance,
) -> Callable[[Sequence[Look], Sequence[Look]], float | None]:
    def compare(made: Sequence[Look], real: Sequence[Look]) -> float | None:
        first, second = (values_of(pooled_colours(looks)) for looks in (made, real))
        return float(distance(first, second)) if len(first) and len(second) else None

    return compare


LIMITS = "Blind to where colours lie; it is seldom below what two slides of real H&E differ by."


def _distance(of: str, values_of: Callable[[Pixels], Doubles]) -> SetMetric:
    return SetMetric(
        title=f"{of[0].upper()}{of[1:]}, distance",
        unit="OD",
        better="lower",
        meaning=f"Wasserstein distance of {of} in tissue from that in real H&E. {LIMITS}",
        compare=_compare(values_of),
    )


HAEMATOXYLIN = _distance("haematoxylin", _stain(0))
EOSIN = _distance("eosin", _stain(1))
RESIDUAL = _distance("what neither stain explains", _stain(2))
DENSITY = _distance("optical density", _density)
HUE = SetMetric(
    title="Hue, distance",
    unit="degrees",
    better="lower",
    meaning=f"Wasserstein distance of hue, on the circle, in tissue from real H&E. {LIMITS}",
    compare=_compare(hue, circular_distance),
)
