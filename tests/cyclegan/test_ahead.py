"""Work that is done ahead of whoever needs it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from cyclegan.ahead import ahead


def pool(threads: int = 3) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="tried")


def left_over() -> list[str]:
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith("tried")]


def test_results_come_in_the_order_of_the_pieces() -> None:
    chance = random.Random(0)

    def slowly(number: int) -> int:
        time.sleep(chance.random() / 100)
        return -number

    assert list(ahead(pool(), slowly, range(50), most=4)) == [-one for one in range(50)]


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_more_pieces_are_taken_than_may_wait(most: int) -> None:
    taken: list[int] = []

    def pieces() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    results = ahead(pool(), abs, pieces(), most=most)
    for used in range(1, 4):
        next(results)
        assert len(taken) == most + used - 1
    results.close()


def test_an_error_comes_in_the_place_of_its_result() -> None:
    results = ahead(pool(), lambda number: 6 // number, [1, 2, 0, 3], most=3)
    assert [next(results), next(results)] == [6, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert not left_over()


def test_an_error_of_the_pieces_comes_out_and_ends_the_threads() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        list(ahead(pool(), abs, pieces(), most=3))
    assert not left_over()


def test_closing_waits_for_what_is_under_way_and_drops_what_waits() -> None:
    begun, ended = list[int](), list[int]()
    is_under_way = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 1:
            is_under_way.set()
            time.sleep(0.2)
        ended.append(number)
        return number

    results = ahead(pool(1), work, range(10), most=4)
    next(results)
    assert is_under_way.wait(30)
    results.close()
    assert begun == ended == [0, 1]
    assert not left_over()
