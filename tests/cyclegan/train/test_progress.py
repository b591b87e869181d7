"""How far a training is, in words."""

import pytest

from cyclegan.train.progress import progress, time_left


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


def test_one_line_tells_what_is_done_what_is_left_and_the_losses() -> None:
    line = progress(step=2500, steps=10_000, seconds=2, losses={"D_A": 0.25, "sal": 0.012345})
    assert line == "2,500 of 10,000 steps (25%), 4 h 10 min left | D_A 0.25 sal 0.0123"


def test_at_the_end_no_time_is_left() -> None:
    assert "(100%), no time left" in progress(step=10, steps=10, seconds=2, losses={})
