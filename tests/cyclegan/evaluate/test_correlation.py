"""Correlations that are known."""

import numpy as np
import pytest

from cyclegan.evaluate.correlation import (
    EDGE_CORRELATION,
    HAEMATOXYLIN_CORRELATION,
    PIXEL_CORRELATION,
    correlate,
)
from cyclegan.evaluate.metric import Reading
from tests.cyclegan.arrays import noise
from tests.cyclegan.evaluate.pictures import discs, field_of, flat, places, stained

BEFORE = noise(60, 70) // 2


def value(reading: Reading | None) -> float:
    assert reading is not None
    return reading.value


def test_brightness_and_contrast_of_the_whole_do_not_matter() -> None:
    assert value(PIXEL_CORRELATION.measure(field_of(BEFORE + 90, truth=BEFORE))) == 1
    assert value(PIXEL_CORRELATION.measure(field_of(255 - BEFORE, truth=BEFORE))) == -1


def test_what_has_nothing_to_do_with_the_truth_has_no_correlation() -> None:
    found = value(PIXEL_CORRELATION.measure(field_of(noise(300, 300, 1), truth=noise(300, 300))))
    assert abs(found) < 0.01


def test_half_of_the_variance_is_a_correlation_of_the_root_of_a_half() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 200_000))
    assert value(correlate(a, a + b)) == pytest.approx(0.5**0.5, abs=0.005)


def test_a_map_that_does_not_vary_has_no_correlation() -> None:
    assert correlate(flat(9, 9, 50), noise(9, 9)) is None


def test_nuclei_in_their_places_correlate_and_others_do_not() -> None:
    centres = places(60, 256)
    truth = stained(discs(centres[:30]))
    paler = field_of(stained(0.6 * discs(centres[:30]), 0.5), truth=truth)
    others = field_of(stained(discs(centres[30:])), truth=truth)
    assert value(HAEMATOXYLIN_CORRELATION.measure(paler)) > 0.98
    assert value(HAEMATOXYLIN_CORRELATION.measure(others)) < 0


def test_edges_are_the_same_turned_over() -> None:
    turned = field_of(255 - BEFORE, given=BEFORE)
    assert value(EDGE_CORRELATION.measure(turned)) == pytest.approx(1)
    moved = field_of(np.roll(255 - BEFORE, 9, axis=0), given=BEFORE)
    assert abs(value(EDGE_CORRELATION.measure(moved))) < 0.2
