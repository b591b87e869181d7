"""Made MUSE pictures for judging their quality: rigs of one family, defocus of a known width."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from cyclegan.images.image import Pixels
from cyclegan.muse import MuseSpec
from cyclegan.phantom import Tissue, grow
from cyclegan.rigs import FAMILIES, Family, draw_rig
from cyclegan.simulate import expose

SIDE = 384
"""px"""


@cache
def tissue(seed: int = 0) -> Tissue:
    """Made tissue at 0.5 µm per pixel."""
    return grow(SIDE, SIDE, seed=seed)


def muse(rig: MuseSpec | None = None, *, seed: int = 0, **changed: object) -> Pixels:
    """A MUSE-like picture of it."""
    grown = tissue(seed)
    chosen = replace(rig or MuseSpec(), **changed)  # type: ignore[arg-type]
    return expose(grown.nuclear, grown.counterstain, chosen).muse


def he(*, seed: int = 0) -> Pixels:
    """The same tissue drawn as H&E."""
    grown = tissue(seed)
    return expose(grown.nuclear, grown.counterstain).he


def rigs_of(family: str, count: int) -> list[MuseSpec]:
    """Random rigs of one family of dyes."""
    rng = np.random.default_rng(sum(map(ord, family)))
    found: list[MuseSpec] = []
    while len(found) < count:
        rig = draw_rig(rng)
        if _is_of(rig, FAMILIES[family]):
            found.append(rig)
    return found


def _is_of(rig: MuseSpec, family: Family) -> bool:
    dyes = ((rig.nuclear_dye, family.nuclear), (rig.counterstain_dye, family.counterstain))
    return all(
        low <= part <= high
        for dye, ranges in dyes
        for part, (low, high) in zip(dye, ranges, strict=True)
    )
