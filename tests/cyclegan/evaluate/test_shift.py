"""Outputs that lie beside their inputs by known distances."""

import numpy as np
import pytest

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric
from cyclegan.evaluate.shift import LOCAL_SHIFT, SHIFT
from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.simulate import simulate
from cyclegan.stains import render
from tests.cyclegan.arrays import noise
from tests.cyclegan.evaluate.pictures import discs, field_of, fluorescent, places

GIVEN = fluorescent(discs(places(90, 256)))
BOTH = pytest.mark.parametrize("metric", [SHIFT, LOCAL_SHIFT])


def tissue(seed: int) -> Pixels:
    grown = grow(256, 256, seed=seed)
    return render(grown.nuclear, grown.counterstain)


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


@BOTH
def test_noise_has_no_place(metric: FieldMetric) -> None:
    assert metric.measure(field_of(noise(256, 256), given=GIVEN)) is None


@pytest.mark.parametrize("seed", range(1, 5))
def test_other_tissue_has_no_shift(seed: int) -> None:
    given = simulate(tissue(0)).muse
    assert SHIFT.measure(field_of(tissue(seed), given=given)) is None


@pytest.mark.parametrize("seed", range(4))
def test_the_truth_is_found_where_it_is(seed: int) -> None:
    given = simulate(tissue(seed)).muse
    assert value(SHIFT, field_of(tissue(seed), given=given)) < 0.5
    moved = np.roll(tissue(seed), (20, -9), axis=(0, 1))
    assert value(SHIFT, field_of(moved, given=given)) == pytest.approx(np.hypot(20, 9), abs=0.5)
