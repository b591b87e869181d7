"""Pairs of points of two sets."""

import numpy as np
import pytest

from cyclegan.detection import Points
from cyclegan.matching import count_pairs


def points(*places: tuple[float, float]) -> Points:
    return np.array(places, dtype=np.float64).reshape(-1, 2)


def test_points_within_the_radius_are_pairs() -> None:
    first, second = points((0, 0), (50, 50), (90, 10)), points((0, 6), (50, 57), (91, 11))
    assert count_pairs(first, second, 6) == 2


def test_a_partner_is_taken_once() -> None:
    assert count_pairs(points((0, 0), (0, 2), (0, 4)), points((0, 1)), 6) == 1


def test_there_are_as_many_pairs_as_there_can_be() -> None:
    # Taking the nearest first would leave one of them without a partner.
    assert count_pairs(points((0, 0), (0, 5)), points((0, 4), (0, 10)), 5) == 2


@pytest.mark.parametrize("count", [0, 3])
def test_nothing_has_no_partner(count: int) -> None:
    assert count_pairs(points(), points(*[(i, i) for i in range(count)]), 6) == 0


def test_a_place_is_its_own_partner() -> None:
    assert count_pairs(points((7, 7)), points((7, 7)), 6) == 1
