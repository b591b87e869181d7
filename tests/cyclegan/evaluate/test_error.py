"""Errors of known size."""

import math

import numpy as np
import pytest

from cyclegan.evaluate.error import MAE, PSNR
from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import Reading
from cyclegan.evaluate.tally import Tally
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
    assert PSNR.value_of(noise_ratio.value) == pytest.approx(20 * math.log10(255 / error))


def test_the_same_picture_has_the_ratio_of_rounding() -> None:
    picture = noise(20, 30)
    reading = PSNR.measure(field_of(picture, truth=picture))
    assert reading is not None
    assert PSNR.value_of(reading.value) == pytest.approx(58.92, abs=0.005)


def test_the_ratio_of_many_fields_is_that_of_all_their_pixels() -> None:
    tally = Tally()
    same = flat(40, 30, 255)
    for field in (made_with(20), field_of(same, truth=same), made_with(20)):
        tally.add("model", "psnr", PSNR.measure(field))
    scores = tally.scores(["model"], {"psnr": PSNR})
    assert scores["model"]["psnr"] == pytest.approx(10 * math.log10(255**2 / (2 / 3 * 20**2)))
