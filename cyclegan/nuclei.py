"""Nuclei as ellipses with chromatin, and how they are put into concentration maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan.stains import Floats

MARGIN_PX = 2
"""How far the soft edge of a nucleus reaches past its ellipse."""


@dataclass(frozen=True)
class Nucleus:
    """An ellipse, in px; its centre may lie outside the map."""

    y: float
    x: float
    long: float
    """Longer half axis."""
    short: float
    """Shorter half axis."""
    angle: float
    """Of the longer half axis, in radians from x towards y."""
    strength: float
    """Concentration of nuclear dye at its rim, 0..1."""


def window(y: float, x: float, radius: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns of a map within a radius of a centre; empty where none are."""
    spans = []
    for centre, length in ((y, shape[0]), (x, shape[1])):
        start = min(max(int(centre - radius), 0), length)
        spans.append(slice(start, max(min(int(centre + radius) + 2, length), start)))
    return spans[0], spans[1]


def stamp(nucleus: Nucleus, nuclear: Floats, counterstain: Floats, chromatin: Floats) -> None:
    """Add a nucleus to the map of nuclear dye and take it out of the counterstain, in place.

    Chromatin is noise of mean 0 over the whole map, dense at the rim of each nucleus.
    """
    part = window(nucleus.y, nucleus.x, nucleus.long + MARGIN_PX, nuclear.shape)
    y, x = np.mgrid[part].astype(np.float32)
    cos, sin = np.cos(nucleus.angle), np.sin(nucleus.angle)
    along = (cos * (x - nucleus.x) + sin * (y - nucleus.y)) / nucleus.long
    across = (cos * (y - nucleus.y) - sin * (x - nucleus.x)) / nucleus.short
    radius = np.hypot(along, across) * (1 + 0.06 * chromatin[part])
    cover = np.clip((1 - radius) * nucleus.short / 1.2 + 0.5, 0, 1)
    texture = 0.62 + 0.38 * np.clip(radius, 0, 1) ** 4 + 0.22 * chromatin[part]
    dye = nucleus.strength * cover * np.clip(texture, 0.25, 1.1)
    np.maximum(nuclear[part], dye, out=nuclear[part])
    counterstain[part] *= 1 - 0.8 * cover
