"""How the learning rate falls."""

from itertools import pairwise

import pytest

from cyclegan.train.schedule import SCHEDULES

schedules = pytest.mark.parametrize("name", SCHEDULES)


@schedules
def test_the_rate_is_constant_then_falls_every_step_and_never_to_nothing(name: str) -> None:
    factors = [SCHEDULES[name](step, constant=5, decay=20) for step in range(25)]
    assert factors[:5] == [1] * 5
    assert all(later < earlier for earlier, later in pairwise(factors[4:]))
    assert 0 < factors[-1] < 0.06


@schedules
def test_behind_the_last_step_the_rate_is_nothing(name: str) -> None:
    assert SCHEDULES[name](25, constant=5, decay=20) == pytest.approx(0)
    assert SCHEDULES[name](1000, constant=5, decay=20) == pytest.approx(0)


@schedules
def test_without_a_decay_the_rate_stays(name: str) -> None:
    assert [SCHEDULES[name](step, constant=3, decay=0) for step in range(3)] == [1, 1, 1]


def test_linear_is_the_rule_of_the_public_project() -> None:
    for epoch in range(200):
        wanted = 1 - max(0, epoch + 1 - 100) / (100 + 1)
        assert SCHEDULES["linear"](epoch, constant=100, decay=100) == wanted


def test_a_cosine_has_fallen_by_half_in_the_middle() -> None:
    assert SCHEDULES["cosine"](9, constant=0, decay=19) == pytest.approx(0.5)
