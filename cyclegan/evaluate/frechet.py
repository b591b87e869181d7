"""How far textures are from real ones: the Fréchet distance of handcrafted features.

It is not the FID, which has features of a network that would have to be downloaded; its numbers
have nothing to do with those of the FID.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cyclegan.evaluate.look import Doubles, Look, pooled_textures
from cyclegan.evaluate.metric import SetMetric

LEAST_PATCHES = 8
LEAST_SPREAD = 1e-3
"""Features that vary less between real patches are taken as if they varied by this."""


def scaled(made: Doubles, real: Doubles) -> tuple[Doubles, Doubles]:
    """Both sets of rows in units of the deviations of the real ones, about the real mean."""
    spread = np.maximum(real.std(axis=0), LEAST_SPREAD)
    return (made - real.mean(axis=0)) / spread, (real - real.mean(axis=0)) / spread


def shrunk_covariance(rows: Doubles) -> Doubles:
    """The covariance of rows, shrunk towards a sphere as Ledoit and Wolf (2004) find best."""
    count, features = rows.shape
    off = rows - rows.mean(axis=0)
    plain = off.T @ off / count
    sphere = np.trace(plain) / features
    distance = ((plain - sphere * np.eye(features)) ** 2).sum()
    noise = (((off**2).T @ off**2) / count - plain**2).sum() / count
    share = min(noise / distance, 1.0) if distance > 0 else 0.0
    return np.asarray((1 - share) * plain + share * sphere * np.eye(features))


def frechet(first: Doubles, second: Doubles) -> float:
    """The squared Fréchet distance of the normal distributions of two sets of rows."""
    a, b = shrunk_covariance(first), shrunk_covariance(second)
    values, axes = np.linalg.eigh(a)
    root = axes * np.sqrt(np.clip(values, 0, None)) @ axes.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ b @ root), 0, None)).sum()
    apart = first.mean(axis=0) - second.mean(axis=0)
    return max(0.0, float(apart @ apart + np.trace(a) + np.trace(b) - 2 * cross))


def between_textures(
    distance: Callable[[Doubles, Doubles], float],
) -> Callable[[Sequence[Look], Sequence[Look]], float | None]:
    """How a set metric compares looks by a distance of two sets of scaled rows."""

    def compare(made: Sequence[Look], real: Sequence[Look]) -> float | None:
        first, second = pooled_textures(made), pooled_textures(real)
        if min(len(first), len(second)) < LEAST_PATCHES:
            return None
        return distance(*scaled(first, second))

    return compare


FRECHET = SetMetric(
    title="Texture, Fréchet distance",
    unit="",
    better="lower",
    meaning="Squared Fréchet distance of 66 handcrafted features of patches of 128 px from those "
    "of real H&E, each in units of its deviation there. It grows when patches are few, and is "
    "comparable only within one report; it is no FID.",
    compare=between_textures(frechet),
)
