"""Structural similarity that is known."""

import numpy as np
import pytest

from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.evaluate.ms_ssim import MS_SSIM, WEIGHTS
from cyclegan.evaluate.similarity import INPUT_SSIM, SSIM
from tests.cyclegan.arrays import noise
from tests.cyclegan.evaluate.pictures import field_of, flat


def value(reading: Reading | None) -> float:
    assert reading is not None
    return reading.value


def brightness(a: float, b: float) -> float:
    """The term of two flat greys, in which nothing else differs."""
    c1 = (0.01 * 255) ** 2
    return (2 * a * b + c1) / (a * a + b * b + c1)


@pytest.mark.parametrize("metric", [SSIM, MS_SSIM])
def test_the_truth_itself_is_one(metric: FieldMetric) -> None:
    picture = noise(200, 190)
    assert value(metric.measure(field_of(picture, truth=picture))) == pytest.approx(1)


@pytest.mark.parametrize(("metric", "most"), [(SSIM, 0.02), (MS_SSIM, 0.25)])
def test_other_noise_is_about_nothing(metric: FieldMetric, most: float) -> None:
    made = field_of(noise(256, 256, 1), truth=noise(256, 256))
    assert -0.02 < value(metric.measure(made)) < most


@pytest.mark.parametrize(("metric", "power"), [(SSIM, 1), (MS_SSIM, WEIGHTS[-1])])
def test_two_greys_differ_by_the_formula(metric: FieldMetric, power: float) -> None:
    made = field_of(flat(200, 200, 100), truth=flat(200, 200, 160))
    assert value(metric.measure(made)) == pytest.approx(brightness(100, 160) ** power, rel=1e-4)


def test_at_five_scales_fine_noise_counts_less_than_at_one() -> None:
    truth = np.repeat(np.repeat(noise(25, 25), 10, axis=0), 10, axis=1)
    grain = np.random.default_rng(0).normal(0, 30, truth.shape)
    made = np.clip(truth + grain, 0, 255).astype(np.uint8)
    one, five = (value(metric.measure(field_of(made, truth=truth))) for metric in (SSIM, MS_SSIM))
    assert five > one + 0.2


def test_the_input_turned_over_is_one() -> None:
    given = noise(60, 50)
    assert value(INPUT_SSIM.measure(field_of(255 - given, given=given))) == pytest.approx(1)


@pytest.mark.parametrize(("metric", "side"), [(SSIM, 10), (INPUT_SSIM, 10), (MS_SSIM, 175)])
def test_pictures_smaller_than_the_windows_cannot_be_measured(
    metric: FieldMetric, side: int
) -> None:
    small, enough = (noise(200, size) for size in (side, side + 1))
    assert metric.measure(field_of(small, truth=small)) is None
    assert metric.measure(field_of(enough, truth=enough)) is not None
