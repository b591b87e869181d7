"""The verdict on an image before it is translated, from a sample of it: what takes no time.

The same judgement is made with all of the image once it is translated: `cyclegan.quality.survey`.
"""

from __future__ import annotations

import numpy as np

from cyclegan.images.image import Reader
from cyclegan.images.region import Region
from cyclegan.images.shrunk import Shrunk
from cyclegan.quality.clipping import clipped
from cyclegan.quality.colours import Colours, colours_of
from cyclegan.quality.focus import blur_um, energies
from cyclegan.quality.patch import Cells, cut_patch, divide
from cyclegan.quality.verdicts import Verdict, verdict
from cyclegan.sampling import sample_tiles
from cyclegan.stains import Floats
from cyclegan.tissue import Flags, find_tissue

BLURRED_UM = 2.1
"""A cell is out of focus when it looks as if a Gaussian of so many µm had blurred it."""
MOSTLY = 0.5
"""Share of the tissue from which on all of the image is called blurred, or saturated."""
PARTLY = 0.15
"""Share of the tissue from which on blur or saturation is worth a word."""
LITTLE = 0.03
"""Share of an image with less tissue than which it has hardly any."""
LEAST_CONTRAST = 6.0
"""Grey levels between the dark and the bright of an image that is not blank."""
LEAST_CELLS = 16
"""Nothing is said of how sharp an image is by fewer cells."""
TISSUE_PX = 2048
"""Tissue is looked for in the picture at about this size."""
SAMPLES = 9
"""Patches that an image is judged by before it is translated."""
SAMPLE_POINTS = 256
"""Points along each of them."""


def judge(reader: Reader) -> list[Verdict]:
    """The verdicts on an image from its colours and a few patches of it; none is good news.

    Raises what reading the image raises. Takes some 0.1 s, and no memory worth a word.
    """
    cells = divide(reader.info)
    points = Shrunk(reader, cells.step)
    tissue = tissue_of(reader, cells)
    tiles = sample_tiles(
        cells.height, cells.width, None, size=SAMPLE_POINTS, count=SAMPLES, multiple=cells.size
    )
    light, sharpness = [], []
    for tile in tiles:
        height = min(tile.height, cells.height - tile.y)
        width = min(tile.width, cells.width - tile.x)
        patch = cut_patch(points, cells, Region(tile.y, tile.x, height, width))
        rows, columns = cells.of(patch.region)
        here = tissue[rows, columns]
        light.append(clipped(patch)[here])
        sharpness.append(blur_um(energies(patch), cells.point_um)[here])
    return verdicts_on(
        colours_of(reader),
        tissue_share=float(tissue.mean()),
        blur=np.concatenate(sharpness),
        saturation=np.concatenate(light),
    )


def verdicts_on(
    colours: Colours, *, tissue_share: float, blur: Floats, saturation: Floats
) -> list[Verdict]:
    """The verdicts by an image's colours, and by the blur and saturation of its tissue's cells.

    `blur` is in µm, NaN where it is not known.
    """
    if colours.channels == 0:
        return [verdict("blank")]
    codes = []
    if not is_fluorescence(colours):
        codes.append(_kind(colours))
    else:
        burnt = float(saturation.mean()) if saturation.size else 0.0
        if burnt >= PARTLY:
            codes.append("mostly_saturated" if burnt >= MOSTLY else "partly_saturated")
    if tissue_share < LITTLE:
        codes.append("little_tissue")
    # What is clipped is smooth, too.
    blurred = blurred_share(blur[saturation < MOSTLY])
    if blurred >= PARTLY:
        codes.append("mostly_blurred" if blurred > MOSTLY else "partly_blurred")
    return [verdict(code) for code in codes]


def is_fluorescence(colours: Colours) -> bool:
    """Whether nothing speaks against its being a fluorescence picture of two dyes."""
    return colours.channels > 1 and not (colours.is_he or colours.is_bright_field)


def blurred_share(blur: Floats) -> float:
    """The share of the cells whose blur is known that are out of focus; 0 when they are few."""
    known = blur[np.isfinite(blur)]
    return float((known > BLURRED_UM).mean()) if known.size >= LEAST_CELLS else 0.0


def tissue_of(reader: Reader, cells: Cells) -> Flags:
    """Which cells hold tissue, (rows, columns); in doubt they do."""
    longest = max(reader.info.height, reader.info.width)
    small = Shrunk(reader, max(1, round(longest / TISSUE_PX)))
    mask = find_tissue(small)
    rows, columns = (
        np.minimum(
            ((np.arange(count) + 0.5) * cells.cell_px * size / whole / mask.block).astype(np.intp),
            limit - 1,
        )
        for count, size, whole, limit in zip(
            cells.shape,
            (small.info.height, small.info.width),
            (reader.info.height, reader.info.width),
            mask.tissue.shape,
            strict=True,
        )
    )
    return mask.tissue[np.ix_(rows, columns)]


def _kind(colours: Colours) -> str:
    """What an image is that is no fluorescence picture of two dyes."""
    if colours.channels == 1:
        return "one_channel"
    return "already_he" if colours.is_he else "bright_field"
