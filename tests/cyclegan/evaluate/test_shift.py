"""Outputs that lie beside their inputs by known distances."""

import numpy as np
import pytest

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric
from cyclegan.evaluate.shift import LOCAL_SHIFT, SHIFT
from tests.cyclegan.evaluate.pictures import discs, field_of, fluorescent, places

GIVEN = fluorescent(discs(places(90, 256)))
BOTH = pytest.mark.parametrize("metric", [SHIFT, LOCAL_SHIFT])


def shifted(y: int, x: int) -> Field:
    return field_of(255 - np.roll(GIVEN, (y, x), axis=(0, 1)), given=GIVEN)


def value(metric: FieldMetric, field: Field) -> float:
    reading = metric.measure(field)
    assert reading is not None
    return reading.value


@BOTH
@pytest.mark.parametrize(("y", "x"), [(0, 0), (3, -2), (0, 7), (-12, 5)])
def test_a_shift_is_measured_in_px(metric: FieldMetric, y: int, x: int) -> None:
    assert value(metric, shifted(y, x)) == pytest.approx(np.hypot(y, x), abs=0.1)


def test_shifts_that_differ_from_place_to_place_are_seen_in_blocks_only() -> None:
    bent = GIVEN.copy()
    bent[:, :64] = np.roll(GIVEN[:, :64], 7, axis=0)
    bent[:, 192:] = np.roll(GIVEN[:, 192:], -7, axis=0)
    field = field_of(255 - bent, given=GIVEN)
    assert value(SHIFT, field) < 0.1
    assert value(LOCAL_SHIFT, field) == 7


@BOTH
def test_what_shows_something_else_has_no_place(metric: FieldMetric) -> None:
    blank = field_of(np.full_like(GIVEN, 250), given=GIVEN)
    assert metric.measure(blank) is None


def test_blocks_that_are_not_found_again_are_left_out() -> None:
    noise = np.random.default_rng(0).integers(0, 256, GIVEN.shape, np.uint8)
    assert LOCAL_SHIFT.measure(field_of(noise, given=GIVEN)) is None
