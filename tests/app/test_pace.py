"""How much of several images is done, and how long the rest takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.job import State
from app.pace import Step, part_done, seconds_left

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def step(
    state: State,
    *,
    progress: float = 0,
    pixels: int = 100,
    sent: float = 0,
    started: float | None = None,
    finished: float | None = None,
    eta_s: float | None = None,
) -> Step:
    """An image; times are seconds after noon."""
    begun = None if started is None else at(started)
    ended = None if finished is None else at(finished)
    return Step(state, pixels, progress, at(sent), begun, ended, eta_s)


def test_a_large_image_counts_for_more_than_a_small_one() -> None:
    assert part_done([step("done", pixels=300), step("queued", pixels=100)]) == 0.75


def test_what_was_given_up_or_waits_for_its_bucket_is_not_waited_for() -> None:
    assert part_done([step("failed"), step("cancelled"), step("publishing")]) == 1


def test_the_time_left_is_by_the_pixels_that_are_left() -> None:
    done = [step("done", started=0, finished=10), step("done", started=10, finished=20)]
    waiting = [step("running", progress=0.5, started=20), step("queued", pixels=200)]
    assert seconds_left([*done, *waiting]) == pytest.approx(25)


def test_others_who_take_turns_are_reckoned_with() -> None:
    done = [step("done", started=0, finished=10), step("done", started=20, finished=30)]
    assert seconds_left([*done, step("queued")]) == pytest.approx(15)


def test_a_pause_in_which_nothing_was_there_to_do_does_not_count() -> None:
    done = [
        step("done", started=0, finished=10),
        step("done", sent=5000, started=5000, finished=5010),
    ]
    assert seconds_left([*done, step("queued", sent=5000)]) == pytest.approx(10)


def test_the_first_image_is_reckoned_by_its_own_progress() -> None:
    first = step("running", progress=0.5, started=0, eta_s=5)
    assert seconds_left([first, step("queued")]) == pytest.approx(15)


@pytest.mark.parametrize("steps", [[step("queued")], [step("done", started=0, finished=9)], []])
def test_nothing_is_promised_that_is_not_known(steps: list[Step]) -> None:
    assert seconds_left(steps) is None
