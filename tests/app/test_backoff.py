"""Pauses that grow while something fails."""

from __future__ import annotations

from app.backoff import Backoff, jitter
from tests.app.service.twin_bucket import Clock


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(longest_s=20, jitter=lambda: 1.0)
    assert [backoff.fail() for _ in range(7)] == [1, 2, 4, 8, 16, 20, 20]


def test_a_success_makes_the_next_pause_short_again() -> None:
    backoff = Backoff(jitter=lambda: 1.0)
    for _ in range(5):
        backoff.fail()
    backoff.succeed()
    assert not backoff.is_pausing
    assert backoff.fail() == 1


def test_a_pause_ends_by_the_clock() -> None:
    clock = Clock()
    backoff = Backoff(clock=clock, jitter=lambda: 0.5)
    assert backoff.fail() == 0.5
    pausing = []
    for clock.now in (0, 0.4, 0.5):
        pausing.append(backoff.is_pausing)
    assert pausing == [True, True, False]


def test_no_two_wait_alike_and_none_longer_or_less_than_half() -> None:
    factors = {jitter() for _ in range(100)}
    assert len(factors) > 50
    assert min(factors) >= 0.5
    assert max(factors) <= 1


def test_a_thousand_failures_overflow_nothing() -> None:
    backoff = Backoff(jitter=lambda: 1.0)
    assert [backoff.fail() for _ in range(2000)][-1] == 20
