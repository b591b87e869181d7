"""All that is to be said of how far an image and its translation can be trusted.

Both are gone through patch by patch, in points of about 1 µm, once: memory is that of some patches
and of a few numbers for each cell of the maps, whatever the image's size. What a model brings to
know its own limits by, its package decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np

from cyclegan.ahead import ahead
from cyclegan.dyes import Dyes, estimate
from cyclegan.images.image import Reader
from cyclegan.images.region import Region
from cyclegan.images.shrunk import Shrunk
from cyclegan.quality.colours import colours_of
from cyclegan.quality.cycle import WayBack, cycle_errors
from cyclegan.quality.focus import blur_um
from cyclegan.quality.judge import is_fluorescence, tissue_of, verdicts_on
from cyclegan.quality.maps import LAYERS, MAPS, MEASURES, Drawn, Seen, Strange
from cyclegan.quality.patch import Cells, cut_patch, divide
from cyclegan.quality.verdicts import Verdict, verdict
from cyclegan.sample import sample_blocks
from cyclegan.stains import Floats

DYE_BLOCKS = 40_000
"""Blocks of pixels that the dyes are estimated from."""
NUCLEI_PATCHES = 24
"""Nuclei are looked for in an even sample of so many patches at most, as that takes longest."""
DOUBTFUL = 0.25
"""Share of nuclei without counterpart, of places not found again, or of tissue in strange colours,
from which on it is worth a warning."""


@dataclass(frozen=True, eq=False)
class Survey:
    """What was found."""

    cells: Cells
    maps: dict[str, Drawn]
    """By their keys in `MAPS`. Where the image is no fluorescence there are only those of the image
    itself; those that a model makes possible are missing where it does not."""
    verdicts: list[Verdict]
    tissue_share: float
    """Share of the image that holds tissue, 0..1."""
    patches: int
    """Parts that the image was looked at in."""
    nuclei_patches: int
    """Of these, in how many nuclei were looked for."""
    returned_share: float | None
    """Share of the image that was looked for in the result turned back, 0..1; None: it was not."""


def survey(
    image: Reader,
    result: Reader,
    *,
    strange: Strange | None = None,
    way_back: WayBack | None = None,
    workers: int = 1,
    check: Callable[[], None] = lambda: None,
) -> Survey:
    """Look at an image and its translation, which have the same size, with so many threads.

    `strange` and `way_back` are of the model, where it tells what it knows, and has a way back.
    `check` is called again and again, and may raise to end it. Raises what reading raises.
    """
    cells = divide(image.info)
    colours = colours_of(image)
    points, made = Shrunk(image, cells.step), Shrunk(result, cells.step)
    patches, is_muse = list(cells.patches()), is_fluorescence(colours)
    searched = _spread(patches) if is_muse else frozenset()
    wanted = {"focus", "light"}
    if is_muse:  # of what is none, a model's limits say nothing
        wanted |= {"nuclei", "colours"} if strange else {"nuclei"}
    look = partial(
        _look,
        points,
        made,
        cells=cells,
        dyes=estimate(sample_blocks(points, count=DYE_BLOCKS)),
        strange=strange,
        wanted=wanted,
        searched=searched,
    )
    layers = {key: np.full((LAYERS[key], *cells.shape), np.nan, np.float32) for key in wanted}
    pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="survey")
    with closing(ahead(pool, look, patches, most=max(1, workers) + 1)) as seen:
        for region, found in zip(patches, seen, strict=True):
            check()
            rows, columns = cells.of(region)
            for key, part in found.items():
                layers[key][:, rows, columns] = part
    tissue, returned = tissue_of(image, cells), None
    if way_back and is_muse:
        errors, returned = cycle_errors(image, result, cells, tissue, way_back, check=check)
        layers["cycle"] = errors[np.newaxis]
    maps = {
        key: kind.draw(layers[kind.source], tissue, cells.point_um)
        for key, kind in MAPS.items()
        if kind.source in layers
    }
    verdicts = verdicts_on(
        colours,
        tissue_share=float(tissue.mean()),
        blur=blur_um(layers["focus"], cells.point_um)[tissue],
        saturation=layers["light"][0][tissue],
    )
    return Survey(
        cells,
        maps,
        verdicts + _doubts(maps),
        float(tissue.mean()),
        patches=len(patches),
        nuclei_patches=len(searched),
        returned_share=returned,
    )


def _look(
    image: Reader,
    result: Reader,
    region: Region,
    *,
    cells: Cells,
    dyes: Dyes,
    strange: Strange | None,
    wanted: Collection[str],
    searched: Collection[Region],
) -> dict[str, Floats]:
    """What is measured of one patch."""
    seen = Seen(cut_patch(image, cells, region), cut_patch(result, cells, region), dyes, strange)
    return {
        key: measure(seen)
        for key, measure in MEASURES.items()
        if key in wanted and (key != "nuclei" or region in searched)
    }


def _spread(patches: list[Region]) -> frozenset[Region]:
    """An even sample of the patches."""
    count = min(len(patches), NUCLEI_PATCHES)
    return frozenset(patches[int((i + 0.5) * len(patches) / count)] for i in range(count))


def _doubts(maps: dict[str, Drawn]) -> list[Verdict]:
    """What is to be said of what a model makes of an image."""
    codes = {
        "colours": "unfamiliar_colours",
        "cycle": "not_found_again",
        "invented": "invented_nuclei",
        "lost": "lost_nuclei",
    }
    return [
        verdict(code)
        for key, code in codes.items()
        if key in maps and (maps[key].share or 0.0) > DOUBTFUL
    ]
