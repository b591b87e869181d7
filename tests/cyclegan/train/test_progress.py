"""How far a training is, in words."""

import pytest

from cyclegan.train.progress import time_left


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, ""),
        (0.2, ""),
        (59.6, "1 min"),
        (75, "1 min 15 s"),
        (3600, "1 h"),
        (22_692, "6 h 18 min"),
        (200_000, "2 d 7 h"),
        (86_401, "1 d 1 s"),
    ],
)
def test_the_time_left_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert time_left(seconds) == words
