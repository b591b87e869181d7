"""Whether one sees where tiles meet: steps at the lines, and the same place from two tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclegan.evaluate.field import Field, Lines
from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.images.image import Pixels
from cyclegan.stains import Floats

LEAST_STEP = 1 / 255
"""Mean step in grey levels below which a picture has nothing to compare with."""


def seam_index(output: Pixels, lines: Lines) -> float | None:
    """The mean step between neighbours across lines over that elsewhere; None without either."""
    at, elsewhere = [], []
    for axis, places in enumerate((lines.rows, lines.columns)):
        steps = _steps(output, axis)
        is_line = np.zeros(len(steps), dtype=bool)
        is_line[[place - 1 for place in places if 0 < place <= len(steps)]] = True
        at.append(steps[is_line])
        elsewhere.append(steps[~is_line])
    crossed, other = np.concatenate(at), np.concatenate(elsewhere)
    if not len(crossed) or not len(other) or other.mean() < LEAST_STEP:
        return None
    return float(crossed.mean() / other.mean())


def _steps(output: Pixels, axis: int) -> Floats:
    """The mean step from each px of an axis to the next, (length - 1,)."""
    along = np.moveaxis(output, axis, 0).astype(np.int16)
    return np.asarray(np.abs(np.diff(along, axis=0)).mean(axis=(1, 2)), dtype=np.float32)


def _index(field: Field) -> Reading | None:
    half = field.lines.step // 2
    moved = Lines(_moved(field.lines.rows, half), _moved(field.lines.columns, half))
    found, control = seam_index(field.output, field.lines), seam_index(field.output, moved)
    if not found or not control:
        return None
    return Reading(found / control, len(field.lines.rows) + len(field.lines.columns))


def _moved(places: Sequence[int], by: int) -> list[int]:
    return [place + sign * by for place in places for sign in (-1, 1)]


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
    meaning="The mean step between neighbours across the lines at which tiles meet over that "
    "elsewhere, divided by the same at lines half a tile beside. Above 1 are seams; a slow drift "
    "of colours, or one that blending hides, it does not see.",
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
