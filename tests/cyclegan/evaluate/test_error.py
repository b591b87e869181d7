"""Errors of known size."""

import math

import numpy as np
import pytest

from cyclegan.evaluate.error import MAE, PSNR
from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import Reading
from tests.cyclegan.arrays import noise
from tests.cyclegan.evaluate.pictures import field_of, flat


def made_with(error: int) -> Field:
    """Half of the pixels too bright and half too dark by an error."""
    made = np.concatenate([flat(20, 30, 128 + error), flat(20, 30, 128 - error)])
    return field_of(made, truth=flat(40, 30, 128))


@pytest.mark.parametrize("error", [1, 10, 100])
def test_errors_are_what_was_added(error: int) -> None:
    absolute, noise_ratio = (metric.measure(made_with(error)) for metric in (MAE, PSNR))
    assert absolute == Reading(error, 40 * 30 * 3)
    assert noise_ratio is not None
    assert noise_ratio.value == pytest.approx(20 * math.log10(255 / error))


def test_the_same_picture_has_the_ratio_of_rounding() -> None:
    picture = noise(20, 30)
    reading = PSNR.measure(field_of(picture, truth=picture))
    assert reading is not None
    assert reading.value == pytest.approx(58.92, abs=0.005)
