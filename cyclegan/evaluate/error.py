"""How far pixels are from the truth: mean absolute error and signal to noise."""

from __future__ import annotations

import math

import numpy as np

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.stains import Floats

ROUNDING = 1 / 12
"""Mean square of what rounding to whole grey levels adds: no picture can be nearer than that."""


def _absolute(field: Field) -> Reading | None:
    error = _error(field)
    return None if error is None else Reading(float(np.abs(error).mean()), error.size)


def _square(field: Field) -> Reading | None:
    error = _error(field)
    return None if error is None else Reading(float((error**2).mean()), error.size)


def _decibels(square: float) -> float:
    return 10 * math.log10(255**2 / max(square, ROUNDING))


def _error(field: Field) -> Floats | None:
    truth = field.scene.truth
    return None if truth is None else field.output.astype(np.float32) - truth


MAE = FieldMetric(
    title="Mean absolute error",
    unit="grey levels",
    better="lower",
    needs="truth",
    meaning="Mean distance of all pixel values from the truth's. How strongly a slide was stained "
    "is not in the input, so that part of it is luck.",
    measure=_absolute,
)
PSNR = FieldMetric(
    title="PSNR",
    unit="dB",
    better="higher",
    needs="truth",
    meaning="Peak signal to noise ratio with the truth; the same picture has 58.9 dB, as far as "
    "rounding lets it be told. It is that of the mean squared error of all pixels of all "
    "images. Blur costs little and a constant shade much.",
    measure=_square,
    value_of=_decibels,
)
