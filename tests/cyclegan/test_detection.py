"""Finding nuclei that were put there."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist

from cyclegan.detection import Points, find_nuclei
from tests.cyclegan.evaluate.pictures import discs, places

CENTRES = places(40, 256)


def farthest(found: Points, wanted: list[tuple[int, int]]) -> float:
    """The largest distance of anything found to what is wanted, and the other way round."""
    apart = cdist(found, np.array(wanted))
    return float(max(apart.min(axis=0).max(), apart.min(axis=1).max()))


@pytest.mark.parametrize("ground", [0.0, 0.3])
def test_every_disc_is_found_where_it_is(ground: float) -> None:
    found = find_nuclei(ground + (1 - ground) * discs(CENTRES), 0.5)
    assert len(found.strict) == len(found.loose) == len(CENTRES)
    assert farthest(found.strict, CENTRES) <= 1


def test_discs_that_touch_are_told_apart() -> None:
    assert len(find_nuclei(discs([(60, 60), (60, 69), (69, 64)]), 0.5).strict) == 3


def test_what_is_nearly_a_nucleus_is_found_loosely_only() -> None:
    pale = 0.48 * discs([(200, 200)]) + discs([(y, x) for y, x in CENTRES if y < 180])
    found = find_nuclei(pale.astype(np.float32), 0.5)
    assert len(found.loose) == len(found.strict) + 1
    assert cdist(found.loose, [(200, 200)]).min() <= 1


def test_specks_and_large_areas_are_no_nuclei() -> None:
    stain = discs(CENTRES)
    stain[2, 2] = 1
    stain[5:9, 200:202] = 1
    assert len(find_nuclei(stain, 0.5).strict) == len(CENTRES)
    assert len(find_nuclei(discs([(128, 128)], radius=80), 0.5).strict) == 0


def test_sizes_are_those_of_nuclei_whatever_the_pixels_are() -> None:
    fine = ndimage.zoom(discs(CENTRES), 2, order=1)
    found = find_nuclei(fine, 0.25)
    assert len(found.strict) == len(CENTRES)
    assert found.radius_px == 2 * find_nuclei(discs(CENTRES), 0.5).radius_px == 12


def test_without_a_known_size_pixels_are_taken_for_half_a_micrometre() -> None:
    assert find_nuclei(discs(CENTRES), None).radius_px == 6


@pytest.mark.parametrize("level", [0.0, 0.05, 0.7])
def test_where_nothing_stands_out_there_are_no_nuclei(level: float) -> None:
    found = find_nuclei(np.full((50, 40), level, np.float32), 0.5)
    assert found.strict.shape == found.loose.shape == (0, 2)
