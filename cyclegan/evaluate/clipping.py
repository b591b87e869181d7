"""Tissue so dark that a channel has nothing left."""

from __future__ import annotations

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading


def _measure(field: Field) -> Reading | None:
    clipped = (field.output == 0).any(axis=2)
    return Reading(float(clipped.mean()), clipped.size)


CLIPPED = FieldMetric(
    title="Clipped pixels",
    unit="",
    better="lower",
    needs="input",
    meaning="Share of the output's pixels of which a channel is 0, where texture is lost. White "
    "glass is not counted, and neither is tissue that is lost in it.",
    measure=_measure,
)
