"""How often something may be asked for, and what is kept of who asked."""

from __future__ import annotations

import pytest

from app.rates import Limit, Rates, TooFast, TooOften

LIMIT = Limit("name", 3, 300)


class Clock:
    """A clock that stands still until it is told otherwise."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock: Clock) -> Rates:
    return Rates(uploads_per_minute=2, clock=clock)


def wait_s(rates: Rates, who: str = "ada", *, limit: Limit = LIMIT) -> int:
    """Counts an attempt; 0, or after how many seconds to come again."""
    try:
        rates.log_in(limit, who)
    except TooOften as error:
        return error.retry_after_s
    return 0


def test_there_is_room_again_when_the_first_counts_no_more(rates: Rates, clock: Clock) -> None:
    for _ in range(3):
        assert wait_s(rates) == 0
        clock.now += 10
    assert wait_s(rates) == 270
    clock.now += 269
    assert wait_s(rates) == 1
    clock.now += 1
    assert [wait_s(rates), wait_s(rates)] == [0, 10]


def test_what_was_refused_does_not_count(rates: Rates, clock: Clock) -> None:
    for _ in range(10):
        wait_s(rates)
    clock.now += 300
    assert [wait_s(rates) for _ in range(4)] == [0, 0, 0, 300]


def test_people_and_kinds_are_counted_by_themselves(rates: Rates) -> None:
    assert [wait_s(rates) for _ in range(4)] == [0, 0, 0, 300]
    assert wait_s(rates, "eve") == 0
    assert wait_s(rates, limit=Limit("address", 1, 300)) == 0
    rates.begin_upload("ada")
    rates.begin_upload("ada")
    with pytest.raises(TooFast, match="2 files within a minute"):
        rates.begin_upload("ada")


def test_who_does_not_come_again_is_forgotten(rates: Rates, clock: Clock) -> None:
    for n in range(1000):
        assert wait_s(rates, f"192.0.2.{n}") == 0
        clock.now += 1
    assert rates.known(LIMIT) <= 300
    clock.now += 300
    assert rates.known(LIMIT) == 0


def test_who_goes_on_is_not_forgotten_with_the_first_attempt(rates: Rates, clock: Clock) -> None:
    for _ in range(10):
        assert wait_s(rates) == 0
        clock.now += 149
    assert [wait_s(rates), wait_s(rates)] == [0, 2]


def test_the_pace_of_uploads_is_that_of_any_minute(rates: Rates, clock: Clock) -> None:
    rates.begin_upload("ada")
    clock.now += 30
    rates.begin_upload("ada")
    clock.now += 20
    with pytest.raises(TooFast) as refused:
        rates.begin_upload("ada")
    assert refused.value.retry_after_s == 10
    clock.now += 10
    rates.begin_upload("ada")
