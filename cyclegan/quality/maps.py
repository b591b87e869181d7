"""The maps of quality: a new one is a function that measures patches and a line in `MAPS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from cyclegan.dyes import Dyes
from cyclegan.images.image import Pixels
from cyclegan.quality.clipping import clipped
from cyclegan.quality.focus import blur_um, energies
from cyclegan.quality.judge import BLURRED_UM
from cyclegan.quality.nuclei import without_partner
from cyclegan.quality.patch import Patch, block_means
from cyclegan.stains import Floats
from cyclegan.tissue import Flags

Colour = tuple[int, int, int]


Strange = Callable[[Pixels], Flags]
"""Which points of an image have colours that a model does not know."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What is known of a patch."""

    image: Patch
    result: Patch
    dyes: Dyes
    """Of the whole image."""
    strange: Strange | None = None
    """Tells which places have colours that the model does not know, where it tells those."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A map, and what it comes to."""

    values: Floats
    """(rows, columns), 0..1: how surely something is wrong there; NaN where nothing is known."""
    share: float | None
    """What it comes to over the image, 0..1; None when nothing is known."""


@dataclass(frozen=True)
class QualityMap:
    """A map of where an image or its translation is not to be trusted."""

    title: str
    meaning: str
    """A sentence on what it shows."""
    words: str
    """What its share is a share of, after "37 % "."""
    colour: Colour
    """Red, green, blue: of a palette that the colour-blind tell apart (Okabe and Ito)."""
    source: Literal["focus", "light", "nuclei", "colours", "cycle"]
    """The measurement that it is drawn from, a key of `LAYERS`."""
    draw: Callable[[Floats, Flags, float], Drawn]
    """From the layers of all cells, where tissue is, and the µm of a point."""


MEASURES: dict[str, Callable[[Seen], Floats]] = {
    "focus": lambda seen: energies(seen.image),
    "light": lambda seen: clipped(seen.image)[np.newaxis],
    "nuclei": lambda seen: without_partner(seen.image, seen.result, seen.dyes),
    "colours": lambda seen: _strange(seen)[np.newaxis],
}
"""What is measured of a patch: layers of its cells, (layers, rows, columns)."""
LAYERS = {"focus": 3, "light": 1, "nuclei": 4, "colours": 1, "cycle": 1}
"""How many layers each measurement has; the cycle's is not one of patches."""
THINNED = 2
"""Only every second point of a row, and every second row, is asked for its colour: 64 of a cell."""
SOME_STRANGE = 0.05
"""Share of a cell's points with strange colours from which on it is drawn: 1 % are in training."""
FEW = 4
"""A cell with fewer nuclei around it is drawn paler: one alone says little."""


def draw_blur(layers: Floats, tissue: Flags, point_um: float) -> Drawn:
    """Out of focus from one and a half to three times what is sharp enough."""
    blur = np.where(tissue, blur_um(layers, point_um), np.nan)
    known = np.isfinite(blur)
    share = float((blur[known] > BLURRED_UM).mean()) if known.any() else None
    return Drawn(np.clip((blur - 0.75 * BLURRED_UM) / BLURRED_UM, 0, 1), share)


def draw_saturation(layers: Floats, tissue: Flags, _: float) -> Drawn:
    """Any clipped point is shown; the share is that of the tissue's area."""
    light = layers[0]
    share = float(light[tissue].mean()) if tissue.any() else None
    return Drawn(np.where(light > 0, np.clip(0.25 + light, 0, 1), 0), share)


def draw_colours(layers: Floats, tissue: Flags, _: float) -> Drawn:
    """Drawn in full where half of a cell is strange."""
    strange = layers[0]
    share = float(strange[tissue].mean()) if tissue.any() else None
    return Drawn(np.clip((strange - SOME_STRANGE) / (0.5 - SOME_STRANGE), 0, 1), share)


def draw_cycle(layers: Floats, tissue: Flags, _: float) -> Drawn:
    """From the error that 5 % of training exceeded, to three times as much."""
    error = np.where(tissue, layers[0], np.nan)
    known = np.isfinite(error)
    share = float((error[known] > 1).mean()) if known.any() else None
    return Drawn(np.clip((error - 1) / 2, 0, 1), share)


def _strange(seen: Seen) -> Floats:
    if seen.strange is None:
        raise ValueError("it is not known what colours the model knows")
    every = seen.image.pixels[seen.image.inside][::THINNED, ::THINNED]
    return block_means(seen.strange(every), seen.image.cells.size // THINNED)


def draw_lost(layers: Floats, tissue: Flags, _: float) -> Drawn:
    """Of the nuclei of the image, those without partner."""
    return _draw_lone(layers[0], layers[1], tissue)


def draw_invented(layers: Floats, tissue: Flags, _: float) -> Drawn:
    """Of the nuclei of the result, those without partner."""
    return _draw_lone(layers[2], layers[3], tissue)


def _draw_lone(total: Floats, lone: Floats, tissue: Flags) -> Drawn:
    del tissue  # a nucleus in the blank counts most of all
    known = np.isfinite(total)
    every = float(total[known].sum())
    around, alone = (
        9 * ndimage.uniform_filter(np.where(known, layer, 0), 3, mode="constant")
        for layer in (total, lone)
    )
    values = np.where(known, alone / np.maximum(around, FEW), np.nan)
    return Drawn(
        np.asarray(values, dtype=np.float32), float(lone[known].sum()) / every if every else None
    )


MAPS: dict[str, QualityMap] = {
    "blur": QualityMap(
        title="Out of focus",
        meaning="Where the image is blurred by more than about 2 µm, so that nuclei of the result "
        "have outlines that nobody saw.",
        words="of the tissue is out of focus",
        colour=(86, 180, 233),
        source="focus",
        draw=draw_blur,
    ),
    "saturation": QualityMap(
        title="Overexposed",
        meaning="Where a colour channel of the image is at its brightest, so that what lies above "
        "is lost.",
        words="of the tissue is overexposed",
        colour=(240, 228, 66),
        source="light",
        draw=draw_saturation,
    ),
    "invented": QualityMap(
        title="Nuclei only in the result",
        meaning="Where the result shows nuclei that the image does not have within 3 µm, not even "
        "faintly: they may be invented.",
        words="of the result's nuclei are not found in the image",
        colour=(213, 94, 0),
        source="nuclei",
        draw=draw_invented,
    ),
    "lost": QualityMap(
        title="Nuclei only in the image",
        meaning="Where the image has nuclei that the result does not show within 3 µm, not even "
        "faintly: they may be lost.",
        words="of the image's nuclei are not found in the result",
        colour=(0, 114, 178),
        source="nuclei",
        draw=draw_lost,
    ),
    "colours": QualityMap(
        title="Unfamiliar colours",
        meaning="Where the image has colours that the model hardly met in training, so that it can "
        "only guess what they are.",
        words="of the tissue has colours that the model hardly knows",
        colour=(0, 158, 115),
        source="colours",
        draw=draw_colours,
    ),
    "cycle": QualityMap(
        title="Not found again",
        meaning="Where the result, turned back by the model's other half, does not give the image "
        "again: something was lost, invented or changed there.",
        words="of the tissue looked at does not come back as nearly all of training does",
        colour=(230, 159, 0),
        source="cycle",
        draw=draw_cycle,
    ),
}
"""Every map by the name of its file, in the order in which they are shown."""
