"""How far the output lies beside the input: as a whole, and in the places where it does most."""

from __future__ import annotations

from itertools import product

import numpy as np
from skimage.feature import match_template
from skimage.registration import phase_cross_correlation

from cyclegan.evaluate.correlation import correlate
from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.stains import Floats

LEAST_PX = 32
LEAST_SPREAD = 0.05
"""Grey levels per px: edges that vary less are noise of rounding."""
BLOCK_PX = 48
SEARCH_PX = 16
"""How far a block is looked for on each side."""
BLOCKS = 8
"""At most so many along each axis."""
LEAST_ALIKE = 0.3
"""Correlation below which a field or a block was not found again: of 207 fields of real H&E with
their simulated MUSE the least is 0.36, and the most with that of other tissue 0.23."""
LEAST_BLOCKS = 4


def _whole(field: Field) -> Reading | None:
    before, after = field.scene.edges, field.edges
    if min(before.shape) < LEAST_PX or min(before.std(), after.std()) < LEAST_SPREAD:
        return None
    moved, _, _ = phase_cross_correlation(before, after, upsample_factor=10)
    y, x = (round(float(distance)) for distance in moved)
    alike = correlate(_overlap(before, y, x), _overlap(after, -y, -x))
    if alike is None or alike.value < LEAST_ALIKE:
        return None
    return Reading(float(np.hypot(*moved)), before.size)


def _overlap(edges: Floats, y: int, x: int) -> Floats:
    """What is left of a map under another of its size that is moved by (y, x) px; a view."""
    height, width = edges.shape
    return edges[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)]


def _parts(field: Field) -> Reading | None:
    before, after = field.scene.edges, field.edges
    moved = [
        distance
        for y, x in product(*(_starts(length) for length in before.shape))
        if (distance := _moved(before, after, y, x)) is not None
    ]
    if len(moved) < LEAST_BLOCKS:
        return None
    return Reading(float(np.percentile(moved, 90)), len(moved))


def _starts(length: int) -> list[int]:
    """Where blocks begin that can be looked for on all sides."""
    room = length - BLOCK_PX - 2 * SEARCH_PX
    if room < 0:
        return []
    count = min(BLOCKS, room // BLOCK_PX + 1)
    return [SEARCH_PX + room * index // max(count - 1, 1) for index in range(count)]


def _moved(before: Floats, after: Floats, y: int, x: int) -> float | None:
    """How far a block of the input is from where it is in the output; None if it is not found."""
    block = before[y : y + BLOCK_PX, x : x + BLOCK_PX]
    around = after[
        y - SEARCH_PX : y + BLOCK_PX + SEARCH_PX, x - SEARCH_PX : x + BLOCK_PX + SEARCH_PX
    ]
    if min(block.std(), around.std()) < LEAST_SPREAD:
        return None
    alike = match_template(around, block)
    best = np.unravel_index(np.argmax(alike), alike.shape)
    if alike[best] < LEAST_ALIKE:
        return None
    return float(np.hypot(best[0] - SEARCH_PX, best[1] - SEARCH_PX))


SHIFT = FieldMetric(
    title="Shift of fields",
    unit="px",
    better="lower",
    needs="input",
    meaning="How far the edges of the output lie from those of the input as a whole, by phase "
    "correlation. A field whose edges are not alike there is left out, and shifts that differ "
    "from place to place are seen by the next one only.",
    measure=_whole,
)
LOCAL_SHIFT = FieldMetric(
    title="Shift of blocks",
    unit="px",
    better="lower",
    needs="input",
    meaning="How far blocks of 48 px lie from where they were, at most 16 px along each axis; nine "
    "in ten lie nearer. Blocks that are not found again are left out, so that it is blind where "
    "structure is replaced.",
    measure=_parts,
)
