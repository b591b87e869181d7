"""What the output's brightness tells of the input's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.stains import Floats

BINS = 32
"""Per map, over its own range between the 1st and the 99th percentile."""


def mutual_information(first: Floats, second: Floats) -> float:
    """In bits: 0 for maps that do not depend on one another, log2(32) = 5 at most."""
    joint = np.zeros((BINS, BINS))
    np.add.at(joint, (_levels(first), _levels(second)), 1)
    joint /= joint.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return max(0.0, float((joint[seen] * np.log2(joint[seen] / apart[seen])).sum()))


def _levels(values: Floats) -> NDArray[np.intp]:
    low, high = np.percentile(values, [1, 99])
    scaled = (values.ravel() - low) * (BINS / max(float(high - low), 1e-6))
    return np.asarray(np.clip(scaled, 0, BINS - 1), dtype=np.intp)


def _measure(field: Field) -> Reading | None:
    return Reading(mutual_information(field.scene.light, field.light), field.light.size)


MUTUAL_INFORMATION = FieldMetric(
    title="Mutual information with the input",
    unit="bit",
    better="higher",
    needs="input",
    meaning="What the luminance of an output pixel tells of the input's at the same place, 0 to 5 "
    "bits. Contrast, sign and curve do not matter; noise raises it by chance in small fields.",
    measure=_measure,
)
