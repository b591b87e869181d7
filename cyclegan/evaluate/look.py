"""How a field looks, whatever it shows: colours of its tissue and textures of its patches.

Both are bounded samples on a regular lattice, so that looks of many slides fit into memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cyclegan.evaluate.texture import PATCH_PX, describe
from cyclegan.images.image import Pixels
from cyclegan.stains import optical_density

TISSUE_DENSITY = 0.05
"""Mean optical density of the three channels from which a pixel is tissue."""
TISSUE_SHARE = 0.25
"""Patches with less tissue have no texture worth comparing."""
COLOURS = 4096
"""At most so many per field."""
PATCHES = 16
"""At most so many per field."""
POOLED_COLOURS = 20_000
POOLED_PATCHES = 512
"""At most so many of a set of looks, evenly."""

Doubles = NDArray[np.float64]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Look:
    """Samples of one field."""

    colours: Pixels
    """(n, 3) uint8, single pixels of tissue."""
    textures: Doubles
    """(m, features), one row per patch with tissue."""


def look_at(he: Pixels) -> Look:
    """The look of an H&E field, (height, width, 3) uint8."""
    is_tissue = optical_density(he).mean(axis=2) > TISSUE_DENSITY
    colours = thinned(he[is_tissue], COLOURS)
    corners = [
        (y, x)
        for y in range(0, he.shape[0] - PATCH_PX + 1, PATCH_PX)
        for x in range(0, he.shape[1] - PATCH_PX + 1, PATCH_PX)
        if is_tissue[y : y + PATCH_PX, x : x + PATCH_PX].mean() >= TISSUE_SHARE
    ]
    chosen = thinned(np.array(corners, dtype=np.intp).reshape(-1, 2), PATCHES)
    rows = [describe(he[y : y + PATCH_PX, x : x + PATCH_PX]) for y, x in chosen]
    return Look(colours, np.stack(rows) if rows else np.empty((0, 0)))


def pooled_colours(looks: Sequence[Look]) -> Pixels:
    """The colours of many fields, (n, 3) uint8."""
    empty = np.empty((0, 3), np.uint8)
    return thinned(np.concatenate([empty, *(look.colours for look in looks)]), POOLED_COLOURS)


def pooled_textures(looks: Sequence[Look]) -> Doubles:
    """The textures of many fields, (n, features); (0, 0) where there are none."""
    rows = [look.textures for look in looks if len(look.textures)]
    return thinned(np.concatenate(rows), POOLED_PATCHES) if rows else np.empty((0, 0))


def thinned(rows: NDArray[T], most: int) -> NDArray[T]:
    """At most so many of the rows, at even distances."""
    if len(rows) <= most:
        return rows
    return rows[np.arange(most) * len(rows) // most]
