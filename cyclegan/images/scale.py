"""Which level of a pyramid is read for a model, and by what it is resampled then.

A level serves a model when its spacing differs from the wanted one by at most a quarter of its own.
In a pyramid of factor 2 that leaves gaps: 1.3 times the finest level is nearer than that to none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE = 0.25
SAME = 0.01
"""Spacings that differ by less are not worth a word."""


@dataclass(frozen=True)
class Choice:
    """How an image is read to have about the wanted spacing."""

    level: int
    """Which level is read, 0 is the finest."""
    ratio: float
    """Pixels of the level on one side of a pixel that is read; 1 where nothing is resampled."""
    note: str | None = None
    """A sentence for a person, where the file's finest level is not read as it is."""


def choose_level(spacings: Sequence[float], wanted: float) -> Choice:
    """The choice among levels with these spacings (µm, the finest first).

    The nearest level within the tolerance is read as it is. Otherwise the next finer one, or the
    finest, is resampled to exactly the wanted spacing.
    """
    nearest = min(range(len(spacings)), key=lambda level: _distance(spacings[level], wanted))
    if _distance(spacings[nearest], wanted) <= TOLERANCE:
        return Choice(nearest, 1.0, _as_it_is(spacings, nearest, wanted))
    finer = [level for level, spacing in enumerate(spacings) if spacing <= wanted]
    level = max(finer, default=0)
    return Choice(level, wanted / spacings[level], _resampled(spacings, level, wanted))


def factor_between(finest: tuple[int, int], level: tuple[int, int]) -> float:
    """How many times coarser a level is than the finest, by their heights and widths.

    Levels of odd sizes are rounded, so a whole number is taken where it explains both sizes.
    """
    ratios = [whole / part for whole, part in zip(finest, level, strict=True)]
    factor = sum(ratios) / 2
    whole = round(factor)
    explains = all(
        math.floor(size / whole) <= part <= math.ceil(size / whole)
        for size, part in zip(finest, level, strict=True)
    )
    return float(whole) if explains else factor


def resized(size: int, ratio: float) -> int:
    """Pixels that an axis of so many has after resampling; at least 1."""
    return max(1, round(size / ratio))


def _distance(spacing: float, wanted: float) -> float:
    return abs(wanted - spacing) / spacing


def _as_it_is(spacings: Sequence[float], level: int, wanted: float) -> str | None:
    if level:
        return (
            f"A coarser level of the file was read, with {spacings[level]:.4g} µm per pixel, "
            f"because the model wants {wanted:.4g} µm."
        )
    if _distance(spacings[level], wanted) <= SAME:
        return None
    return (
        f"The image has {spacings[level]:.4g} µm per pixel and was read as it is, near enough to "
        f"the {wanted:.4g} µm that the model wants."
    )


def _resampled(spacings: Sequence[float], level: int, wanted: float) -> str:
    if spacings[level] < wanted:
        return (
            f"The image was scaled down from {spacings[level]:.4g} to {wanted:.4g} µm per pixel, "
            "which the model wants."
        )
    return (
        f"The image was enlarged from {spacings[level]:.4g} to {wanted:.4g} µm per pixel, which "
        "the model wants; it shows no finer detail than before."
    )
