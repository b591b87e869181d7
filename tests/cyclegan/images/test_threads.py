from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cyclegan.images.threads import PIECES, count, mapped, threads


def test_results_come_in_the_order_of_the_pieces() -> None:
    def slow_at_first(number: int) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return -number

    with threads() as pool:
        assert list(mapped(pool, slow_at_first, range(100))) == [-one for one in range(100)]


def test_pieces_are_taken_a_few_ahead() -> None:
    taken = []

    def pieces() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    with threads() as pool:
        next(mapped(pool, abs, pieces()))
    assert len(taken) == PIECES * count()


def test_an_error_comes_out() -> None:
    with threads() as pool, pytest.raises(ZeroDivisionError):
        list(mapped(pool, lambda number: 1 // number, [1, 0]))
