"""Whether one sees where tiles meet: steps at the lines, and the same place from two tiles."""

from __future__ import annotations

import numpy as np

from cyclegan.evaluate.field import Field, Lines
from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.images.image import Pixels
from cyclegan.stains import Floats

BESIDE_PX = (-64, -32, 32, 64)
"""Where steps are compared with those at a line: near enough for the same tissue, and so far that
a network's own grid, or that of JPEG, is the same there."""
LEAST_STEP = 1 / 255
"""Mean step in grey levels below which a picture has nothing to compare with."""


def seam_index(output: Pixels, lines: Lines) -> float | None:
    """The mean step between neighbours across lines over that beside them; None without either."""
    at, beside = [], []
    for axis, places in enumerate((lines.rows, lines.columns)):
        steps = _steps(output, axis)
        for place in places:
            around = [place + by for by in BESIDE_PX if place + by not in places]
            near = [there for there in around if 0 < there <= len(steps)]
            if 0 < place <= len(steps) and near:
                at.append(steps[place - 1])
                beside.append(steps[[there - 1 for there in near]].mean())
    if not at or np.mean(beside) < LEAST_STEP:
        return None
    return float(np.mean(at) / np.mean(beside))


def _steps(output: Pixels, axis: int) -> Floats:
    """The mean step from each px of an axis to the next, (length - 1,)."""
    along = np.moveaxis(output, axis, 0).astype(np.int16)
    return np.asarray(np.abs(np.diff(along, axis=0)).mean(axis=(1, 2)), dtype=np.float32)


def _index(field: Field) -> Reading | None:
    """The index of the output over that of the input at the same lines.

    What the input has of a step explains one that is there, and no more: an input smoother at the
    lines than beside them makes no seam, and one with steps takes none below one.
    """
    lines = field.lines
    found = seam_index(field.output, lines)
    if found is None:
        return None
    explained = max(seam_index(field.scene.input, lines) or 1, 1)
    return Reading(found / min(explained, max(found, 1)), len(lines.rows) + len(lines.columns))


def _mismatch(field: Field) -> Reading | None:
    pixels = sum(first.size for first, _ in field.twice)
    if not pixels:
        return None
    off = sum(int(np.abs(a.astype(np.int16) - b).sum()) for a, b in field.twice)
    return Reading(off / pixels, pixels)


SEAM_INDEX = FieldMetric(
    title="Seam index",
    unit="",
    better="near one",
    needs="tiles",
    meaning="The mean step between neighbours across the lines at which tiles meet over that 32 "
    "and 64 px beside; divided by the same of the input where that is above 1, since a mosaic's "
    "own steps are no seams of the translation. Above 1 are seams; a slow drift of colours, or one "
    "that blending hides, it does not see. Of a few lines it is as rough as the tissue there.",
    measure=_index,
)
TILE_MISMATCH = FieldMetric(
    title="Tile mismatch",
    unit="grey levels",
    better="lower",
    needs="tiles",
    meaning="Mean difference of the same place in two tiles that lie half a tile apart, before "
    "they are put together: 0 where a picture does not depend on how it is cut. Measured at one "
    "place of each image.",
    measure=_mismatch,
)
