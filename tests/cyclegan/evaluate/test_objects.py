"""Finding nuclei as connected objects of stain that were put there."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cyclegan.evaluate.objects import find_objects
from tests.cyclegan.evaluate.pictures import discs, places

CENTRES = places(40, 256)


def test_every_disc_is_an_object_where_it_is() -> None:
    found = find_objects(discs(CENTRES), 0.5)
    assert len(found.strict) == len(CENTRES)
    assert cdist(found.strict, CENTRES).min(axis=1).max() <= 0.5
    assert found.radius_px == 6


def test_discs_that_touch_are_one_object() -> None:
    assert len(find_objects(discs([(60, 60), (60, 68)]), 0.5).strict) == 1


def test_an_object_that_another_cut_would_find_is_found_loosely_only() -> None:
    pale = 0.45 * discs([(200, 200)]) + discs([(y, x) for y, x in CENTRES if y < 180])
    found = find_objects(pale.astype(np.float32), 0.5)
    assert cdist(found.strict, [(200, 200)]).min() > 20
    assert cdist(found.loose, [(200, 200)]).min() <= 1


def test_two_that_run_into_one_are_told_apart_by_a_higher_cut() -> None:
    joined = discs([(60, 60), (60, 74), *[(y, x) for y, x in CENTRES if y > 90]])
    joined[58:63, 64:71] = np.maximum(joined[58:63, 64:71], 0.8)
    found = find_objects(joined, 0.5)
    assert cdist(found.strict, [(60, 67)]).min() <= 1
    assert cdist([(60, 60), (60, 74)], found.loose).min(axis=1).max() <= 1


@pytest.mark.parametrize(("radius", "count"), [(1.5, 0), (4.5, 1), (9.0, 1), (14.0, 0)])
def test_objects_have_the_size_of_nuclei(radius: float, count: int) -> None:
    assert len(find_objects(discs([(128, 128)], radius=radius), 0.5).strict) == count


def test_sizes_are_those_of_nuclei_whatever_the_pixels_are() -> None:
    large = discs([(128, 128)], radius=14)
    assert len(find_objects(large, 0.25).strict) == 1


@pytest.mark.parametrize("level", [0.0, 0.05, 0.7])
def test_where_nothing_stands_out_there_are_no_objects(level: float) -> None:
    found = find_objects(np.full((50, 40), level, np.float32), 0.5)
    assert found.strict.shape == found.loose.shape == (0, 2)
