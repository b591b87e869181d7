"""Background that does not stay white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cyclegan.evaluate.field import Field, Scene
from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.stains import optical_density

WHITE_DENSITY = 0.05
"""Mean optical density of the three channels up to which a pixel is white: 228 of 255."""
DYE = 0.05
"""Share of a dye's range below which a pixel has none of it."""
CLEAR_DENSITY = 0.03
"""The same of a truth, up to which it is glass or a lumen and no pale tissue."""
LEAST_PX = 100


def _measure(field: Field) -> Reading | None:
    return _stained_of(field, _is_empty(field.scene))


def _measure_true(field: Field) -> Reading | None:
    truth = field.scene.truth
    if truth is None:
        return None
    return _stained_of(field, _inner(optical_density(truth).mean(axis=2) < CLEAR_DENSITY))


def _stained_of(field: Field, empty: NDArray[np.bool_]) -> Reading | None:
    count = int(empty.sum())
    if count < LEAST_PX:
        return None
    density = optical_density(field.output[empty]).mean(axis=1)
    return Reading(float((density > WHITE_DENSITY).mean()), count)


def _is_empty(scene: Scene) -> NDArray[np.bool_]:
    """Where neither dye is, single noisy pixels and the blur of edges aside."""
    amounts = ndimage.gaussian_filter(scene.amounts, (1, 1, 0), mode="nearest")
    return _inner(np.asarray((amounts < DYE).all(axis=2)))


def _inner(empty: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(ndimage.binary_erosion(empty, iterations=2, border_value=1))


STAINED_BACKGROUND = FieldMetric(
    title="Background that is stained",
    unit="",
    better="lower",
    needs="input",
    meaning="Share of the pixels without dye in the input whose optical density in the output is "
    "above 0.05. Dyes are estimated as the colour-mapping engine does, which is therefore near 0; "
    "under haze no pixel seems to be without dye, and such a field says nothing.",
    measure=_measure,
)
TRUE_BACKGROUND = FieldMetric(
    title="White that is stained",
    unit="",
    better="lower",
    needs="truth",
    meaning="Share of the pixels that are white in the truth, glass and lumina, whose optical "
    "density in the output is above 0.05, where haze veils them, too.",
    measure=_measure_true,
)
