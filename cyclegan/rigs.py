"""Random rigs: microscopes, dyes and cameras that span more than the real ones we know of.

What is drawn are the ranges of published pictures of ultraviolet surface excitation, and some
beyond: blue nuclei on orange, purple tissue without a dark place, red-brown with hardly any blue,
and, more rarely, orange nuclei on green.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from cyclegan.dyes import blueness
from cyclegan.fan import Doubles, as_vector
from cyclegan.muse import MuseSpec
from cyclegan.stains import EOSIN, HAEMATOXYLIN, Vector

Ranges = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
"""Lowest and highest value of red, of green and of blue."""

LEAST_BLUER = 0.05
"""By so much the nuclear dye is the bluer of two, so that nobody takes it for the other."""
STAIN_SPREAD = 0.06
"""Of each part of a stain's optical density; another stain than that of the truth, so that nothing
can learn to turn one fixed calculation back."""
LEAST_DEGREES = 16.0
"""Angle between the colours of two dyes: what haze mixes can still be told apart."""


@dataclass(frozen=True)
class Family:
    """Dyes that look alike."""

    share: float
    """Of all rigs."""
    nuclear: Ranges
    """Of the nuclear dye's colour."""
    counterstain: Ranges
    """Of the counterstain's colour."""


FAMILIES = {
    "blue on orange": Family(
        0.5, ((0, 0.45), (0, 0.55), (1, 1)), ((1, 1), (0.3, 0.75), (0.02, 0.4))
    ),
    "purple": Family(0.25, ((0.2, 0.65), (0.2, 0.6), (1, 1)), ((1, 1), (0.4, 0.7), (0.25, 0.65))),
    "red-brown": Family(
        0.17, ((0.8, 1), (0.4, 0.6), (0.2, 0.6)), ((1, 1), (0.2, 0.5), (0.02, 0.17))
    ),
    "orange on green": Family(
        0.08, ((1, 1), (0.3, 0.6), (0.1, 0.35)), ((0.35, 1), (0.8, 1), (0, 0.2))
    ),
}
"""Published pictures of kidney are of the first two, of a tumour slice of the third, and of fresh
breast under deep ultraviolet light of the last."""


def draw_rig(rng: Generator) -> MuseSpec:
    """A random rig, whose seed is drawn too; its dyes can be told apart by their colours."""
    shares = [family.share for family in FAMILIES.values()]
    family = list(FAMILIES.values())[rng.choice(len(shares), p=shares)]
    while True:
        rig = _camera(rng, _optics(rng, _section(rng, family)))
        if tells_dyes_apart(rig):
            return rig


def tells_dyes_apart(rig: MuseSpec) -> bool:
    """Whether the nuclear dye is seen as the bluer one, with room to spare."""
    background = _seen(rig, rig.nuclear_dye, 0)
    nuclear = _seen(rig, rig.nuclear_dye, rig.nuclear_level) - background
    counterstain = _seen(rig, rig.counterstain_dye, rig.counterstain_level) - background
    lengths = float(np.linalg.norm(nuclear) * np.linalg.norm(counterstain))
    cosine = float(nuclear @ counterstain) / lengths
    return (
        math.degrees(math.acos(min(cosine, 1.0))) >= LEAST_DEGREES
        and blueness(nuclear) - blueness(counterstain) >= LEAST_BLUER
    )


def _seen(rig: MuseSpec, dye: Vector, level: float) -> Doubles:
    """Red, green, blue of a place with so much of one dye, 0..255."""
    light = (np.array(dye) / max(dye) * level + rig.ambient) * rig.gains
    return np.asarray(255 * np.clip(light / 255, 0, 1) ** (1 / rig.gamma))


def _section(rng: Generator, family: Family) -> MuseSpec:
    """What is dyed how."""
    return MuseSpec(
        haematoxylin=_near(rng, HAEMATOXYLIN),
        eosin=_near(rng, EOSIN),
        nuclear_dye=_colour(rng, family.nuclear),
        counterstain_dye=_colour(rng, family.counterstain),
        nuclear_floor=max(0.0, rng.uniform(-0.15, 0.35)),
        nuclear_exponent=_between(rng, 0.7, 1.4),
        counterstain_exponent=_between(rng, 0.65, 1.5),
        nuclear_quenching=rng.uniform(0, 0.4),
        counterstain_quenching=rng.uniform(0, 0.7),
        haze_nuclear=rng.uniform(0.3, 1),
        specks_per_mpx=_often(rng, 0.5, 20, 400),
        specks_px=_between(rng, 0.7, 3.5),
        seed=int(rng.integers(2**32)),
    )


def _optics(rng: Generator, rig: MuseSpec) -> MuseSpec:
    """How sharp and how even the light is."""
    return replace(
        rig,
        haze=rng.uniform(0, 1.2),
        haze_px=_between(rng, 5, 50),
        blur_px=rng.uniform(0, 1.0),
        defocus_px=rng.uniform(0, 2.2),
        dust_per_mpx=_often(rng, 0.3, 2, 40),
        dust_loss=rng.uniform(0.05, 0.5),
        dust_px=_between(rng, 3, 20),
        shading=rng.uniform(0, 0.3),
        vignetting=rng.uniform(0, 0.3),
    )


def _camera(rng: Generator, rig: MuseSpec) -> MuseSpec:
    """How strong the light is, and what the camera makes of it."""
    gamma = _between(rng, 0.8, 2.2) if rng.random() < 0.6 else 1.0
    dark = _between(rng, 3, 40) if rng.random() < 0.65 else rng.uniform(40, 140)
    # Levels are drawn as the picture shows them. Haze adds to them, which most people would have
    # exposed for.
    exposed = 1 / (1 + rig.haze / 2)
    nuclear, counterstain = (
        exposed * (_light(rng.uniform(dark + rise, most), gamma) - _light(dark, gamma))
        for rise, most in ((90, 400), (40, 250))
    )
    return replace(
        rig,
        ambient=_stray(rng, _light(dark, gamma), rig.counterstain_dye),
        nuclear_level=nuclear,
        counterstain_level=counterstain,
        specks_nuclear_level=rng.uniform(0.2, 1.5) * nuclear,
        specks_counterstain_level=rng.uniform(0.2, 1.5) * counterstain,
        gains=as_vector(rng.uniform(0.85, 1.15, 3)),
        electrons=_between(rng, 400, 30_000),
        read_noise=_between(rng, 0.2, 4),
        gamma=gamma,
    )


def _stray(rng: Generator, level: float, counterstain: Vector) -> Vector:
    """Light without any dye: from grey to the colour of the counterstain."""
    tint = np.array(counterstain) / max(counterstain)
    share = rng.uniform(0, 1)
    return as_vector(level * (1 - share + share * tint) * rng.uniform(0.85, 1.15, 3))


def _light(level: float, gamma: float) -> float:
    """The light that a camera shows as a grey level."""
    return 255 * float((level / 255) ** gamma)


def _near(rng: Generator, stain: Vector) -> Vector:
    """A stain as another laboratory or scanner would have it."""
    return as_vector(np.clip(np.array(stain) + STAIN_SPREAD * rng.standard_normal(3), 0.01, None))


def _colour(rng: Generator, ranges: Ranges) -> Vector:
    return as_vector(np.array([rng.uniform(*span) for span in ranges]))


def _between(rng: Generator, low: float, high: float) -> float:
    """A number whose logarithm is drawn evenly."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _often(rng: Generator, chance: float, low: float, high: float) -> float:
    """The same with a chance, and else 0."""
    return _between(rng, low, high) if rng.random() < chance else 0.0
