"""Whether a field is stained as strongly as its truth, wherever the stain lies."""

from __future__ import annotations

from collections.abc import Callable

from scipy.stats import wasserstein_distance

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading


def _measure(stain: int) -> Callable[[Field], Reading | None]:
    def measure(field: Field) -> Reading | None:
        truth = field.scene.true_stains
        if truth is None:
            return None
        made, true = (stains[..., stain].ravel() for stains in (field.stains, truth))
        return Reading(float(wasserstein_distance(made, true)), made.size)

    return measure


LIMITS = "Blind to where the stain is; part of it is how strongly the slide happened to be stained."
HAEMATOXYLIN_ERROR = FieldMetric(
    title="Haematoxylin against the truth (W_H)",
    unit="OD",
    better="lower",
    needs="truth",
    meaning="Wasserstein distance of the amounts of haematoxylin in the field and in its truth. "
    + LIMITS,
    measure=_measure(0),
)
EOSIN_ERROR = FieldMetric(
    title="Eosin against the truth (W_E)",
    unit="OD",
    better="lower",
    needs="truth",
    meaning="Wasserstein distance of the amounts of eosin in the field and in its truth. " + LIMITS,
    measure=_measure(1),
)
