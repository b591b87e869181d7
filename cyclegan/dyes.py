"""The two dyes of a fluorescence picture, estimated from a sample of its pixels.

The picture is taken as `background + a * nuclear + b * counterstain`, with the colours of both
dyes as vectors of unit length and a, b >= 0 in grey levels. Only colours count here: where a
pixel lies is never asked, so that nothing can depend on the shape of what is seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyclegan.fan import Doubles, as_vector, fan_ends, unit
from cyclegan.images.image import Pixels
from cyclegan.stains import Vector

PAPER_LEVEL = 240
"""All three channels above this: paper, a mask or a scale bar rather than tissue."""
PAPER_SHARE = 0.05
"""Such pixels are left white when they are at least this share of the picture."""
ONE_DYE_DEGREES = 8.0
"""Colours that span less than this angle come from one dye."""
ALIKE = math.cos(math.radians(2))
"""Two dyes whose colours have a larger inner product cannot be told apart."""
MIN_SIGNAL = 24.0
"""Grey levels that a dye must reach to be drawn at full strength; what is less stays pale."""
MIN_RATIO = 0.25
"""The weaker dye is drawn as if it reached at least this share of the stronger one."""
OWN_LIGHT = 0.6
"""Share of the counterstain's colour in the darkest tissue that is its own light, not haze."""
VEIL_PERCENTILE = 30
"""So much of the tissue is taken to have no nucleus: its nuclear dye is haze."""
NO_DYE: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Dyes:
    """How to take a picture apart; colours are (red, green, blue), amounts grey levels 0..255."""

    background: Vector
    """What the picture has without any dye."""
    nuclear: Vector
    """Colour of the nuclear dye, of unit length, or `NO_DYE` when the picture has none."""
    counterstain: Vector
    """Colour of the counterstain, of unit length, or `NO_DYE`."""
    nuclear_range: tuple[float, float]
    """Amounts of nuclear dye that count as concentration 0 and 1."""
    counterstain_range: tuple[float, float]
    """Amounts of counterstain that count as concentration 0 and 1."""
    paper: bool = False
    """White of the picture is paper and stays white."""


def estimate(
    blocks: Pixels,
    *,
    background: Vector | None = None,
    nuclear: Vector | None = None,
    counterstain: Vector | None = None,
    percentile: float = 99.9,
) -> Dyes:
    """The dyes of a sample of blocks of pixels, (n, m, 3) uint8; what is given is kept.

    A sample of one colour is background and nothing else. When a dye that is given cannot be told
    from the one that is found, the latter is dropped.

    Colours are those of the means of blocks, where noise does not pass for colour. The range of
    each dye ends at the percentile of its amount in single pixels of tissue, the block's middle.
    """
    means, pixels = blocks.mean(axis=1), blocks[:, blocks.shape[1] // 2].astype(np.float64)
    is_paper = means.min(axis=1) > PAPER_LEVEL
    paper = bool(is_paper.mean() >= PAPER_SHARE and not is_paper.all())
    if paper:
        means, pixels = means[~is_paper], pixels[~is_paper]
    dark, certainty = _darkest(means)
    signal = np.clip(means - (background or dark), 0, None)
    found = _two_colours(signal)
    dyes = np.array([unit(nuclear or found[0]), unit(counterstain or found[1])])
    if dyes[0] @ dyes[1] > ALIKE:
        dyes[1 if counterstain is None else 0] = NO_DYE
    if background is None:
        background = as_vector(dark - (1 - certainty) * _own_light(dark, dyes[1]))
    amounts = unmix(pixels - background, dyes)[_strong(signal, 0.1)]
    ranges = _ranges(amounts, percentile)
    return Dyes(background, as_vector(dyes[0]), as_vector(dyes[1]), *ranges, paper)


def unmix(signal: Doubles, dyes: Doubles) -> Doubles:
    """Non-negative least squares amounts of two dyes, (..., 2), for pixels (..., 3).

    For two dyes whose colours have no negative part the solution is the smaller of the plain
    solution and the projection on the dye alone, and never below zero.
    """
    alone = signal @ dyes.T
    overlap = float(dyes[0] @ dyes[1])
    both = (alone - overlap * alone[..., ::-1]) / (1 - overlap**2)
    return np.maximum(np.minimum(alone, both), 0)


def _darkest(pixels: Doubles) -> tuple[Doubles, float]:
    """The colour of the darkest pixels, and how surely it is background rather than tissue, 0..1.

    Tissue that fills the field has dark corners too. A background is nearly black, or it is one
    colour for many pixels with few pixels just above it.
    """
    brightness = pixels.mean(axis=1)
    low, high = np.percentile(brightness, [1, 99])
    tolerance = 2 + 0.06 * (high - low)
    above = brightness - low
    dark = np.median(pixels[above <= tolerance], axis=0)
    alike = np.mean(np.abs(pixels - dark).max(axis=1) <= tolerance)
    next_up = np.mean((above > tolerance) & (above <= 3 * tolerance)) / 2
    nearly_black = np.clip((60 - dark.max()) / 25, 0, 1)
    many = np.clip((alike - 0.015) / 0.02, 0, 1)
    apart = np.clip((alike - 1.5 * next_up) / (0.7 * next_up + 1e-6), 0, 1)
    return dark, float(max(nearly_black, many * apart))


def _own_light(dark: Doubles, counterstain: Doubles) -> Doubles:
    """The light of the counterstain in the darkest tissue; stray light is taken to be grey."""
    if not counterstain.any():
        return np.zeros(3)
    grey = np.full(3, 1 / math.sqrt(3))
    amount = unmix(dark, np.array([grey, counterstain]))[1]
    return np.asarray(OWN_LIGHT * amount * counterstain)


def _two_colours(signal: Doubles) -> tuple[Vector, Vector]:
    """The colours at the two ends of the fan that the pixels span: nuclear dye, counterstain."""
    strong = signal[_strong(signal, 0.3)]
    if not strong.any():
        return NO_DYE, NO_DYE
    colours = list(fan_ends(strong))
    if np.degrees(np.arccos(min(float(colours[0] @ colours[1]), 1.0))) < ONE_DYE_DEGREES:
        return _one_colour(unit(np.median(strong, axis=0)))
    if blueness(colours[0]) < blueness(colours[1]):
        colours.reverse()
    return as_vector(colours[0]), as_vector(colours[1])


def _one_colour(colour: Doubles) -> tuple[Vector, Vector]:
    """A single dye is nuclear when it is blue or grey (one channel of a camera)."""
    red, green, blue = (round(float(part), 3) for part in colour)
    if blue >= max(red, green):
        return as_vector(colour), NO_DYE
    return NO_DYE, as_vector(colour)


def blueness(colour: Doubles) -> float:
    """Orders the dyes: in all dye pairs we know, the nuclei are the bluer or the less green."""
    return float((colour[2] - 0.25 * colour[1]) / colour.sum())


def _ranges(amounts: Doubles, percentile: float) -> tuple[tuple[float, float], tuple[float, float]]:
    if not len(amounts):
        return (0.0, MIN_SIGNAL), (0.0, MIN_SIGNAL)
    # Haze from below the surface lays a veil of nuclear dye on everything.
    veil = float(np.percentile(amounts[:, 0], VEIL_PERCENTILE))
    tops = np.percentile(amounts, percentile, axis=0) - (veil, 0.0)
    tops = np.maximum(tops, max(MIN_SIGNAL, MIN_RATIO * tops.max()))
    return (veil, veil + float(tops[0])), (0.0, float(tops[1]))


def _strong(signal: Doubles, share: float) -> NDArray[np.bool_]:
    brightness = signal.mean(axis=1)
    return np.asarray(brightness > max(2.0, share * float(np.percentile(brightness, 99))))
