"""Threads among which a computation is shared out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from cyclegan.engines.crew import Crew

CPU = torch.device("cpu")


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.fixture
def crew(threads: int) -> Iterator[Crew]:
    crew = Crew(CPU)
    yield crew
    crew.close()
    crew.close()


def test_results_come_in_the_order_of_the_pieces(crew: Crew) -> None:
    assert list(crew.map(lambda number: -number, range(50))) == [-number for number in range(50)]


def test_each_of_several_computes_by_itself_and_nobody_else_does(crew: Crew, threads: int) -> None:
    assert set(crew.map(lambda _: torch.get_num_threads(), range(20))) == {1}
    assert torch.get_num_threads() == threads
    with ThreadPoolExecutor(1) as later:
        assert later.submit(torch.get_num_threads).result() == threads


def test_pieces_are_taken_in_the_thread_that_asks(crew: Crew) -> None:
    taken: set[str] = set()

    def pieces() -> Iterator[int]:
        for number in range(10):
            taken.add(threading.current_thread().name)
            yield number

    list(crew.map(abs, pieces()))
    assert taken == {threading.current_thread().name}


def test_what_is_computed_keeps_no_record_for_gradients(crew: Crew) -> None:
    weights = torch.ones(3, requires_grad=True)
    (made,) = crew.map(lambda number: weights * number, [2])
    assert not made.requires_grad


def test_an_error_comes_out_in_the_place_of_its_result_and_the_crew_goes_on(crew: Crew) -> None:
    results = crew.map(lambda number: 6 // number, [3, 0, 2])
    assert next(results) == 2
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(crew.map(abs, [-1])) == [1]
