"""Bits that are known."""

import numpy as np
import pytest

from cyclegan.evaluate.information import MUTUAL_INFORMATION, mutual_information
from cyclegan.stains import Floats
from tests.cyclegan.evaluate.pictures import field_of, flat


def levels(seed: int, count: int, size: int = 100_000) -> Floats:
    return np.random.default_rng(seed).integers(0, count, size).astype(np.float32)


@pytest.mark.parametrize(("count", "bits"), [(2, 1), (4, 2), (32, 5)])
def test_a_map_tells_all_of_itself_whatever_its_curve(count: int, bits: float) -> None:
    first = levels(0, count)
    for second in (first, -first, 3 * first + 7):
        assert mutual_information(first, second) == pytest.approx(bits, abs=0.02)


def test_maps_that_do_not_depend_on_one_another_tell_nothing() -> None:
    assert mutual_information(levels(0, 8), levels(1, 8)) < 0.01


def test_a_flat_output_tells_nothing() -> None:
    given = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)
    reading = MUTUAL_INFORMATION.measure(field_of(flat(50, 60, 200), given=given))
    assert reading is not None
    assert reading.value == pytest.approx(0, abs=1e-9)
