"""Threads among which a computation is shared out in pieces, on the CPU.

Torch can share out each single operation, too, but then all threads wait for the slowest at the end
of each, and all of them ask for memory at the same time and for none while they multiply.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

import torch

from cyclegan.ahead import in_order

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Results = Generator[Result, None, None]


class Crew:
    """As many threads as torch has, in each of which torch has one; on a card the caller alone.

    It must be closed.
    """

    def __init__(self, device: torch.device) -> None:
        threads = torch.get_num_threads() if device.type == "cpu" else 1
        self._most = 2 * threads
        self._pool = _started(threads) if threads > 1 else None

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Results[Result]:
        """What `work` makes of each piece, in their order; pieces are taken in this thread.

        A few are made ahead. When it ends, however it does, none is under way.
        """
        if self._pool is None:
            return _one_by_one(work, pieces)

        def apart(piece: Piece) -> Result:
            with torch.inference_mode():  # which holds for one thread
                return work(piece)

        return in_order(self._pool, apart, pieces, most=self._most)

    def close(self) -> None:
        """End the threads; a second call does nothing."""
        if self._pool is not None:
            self._pool.shutdown()


@contextmanager
def precisely() -> Iterator[None]:
    """Without TF32, by algorithms that give the same bytes when it is done again."""
    exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        yield


def _one_by_one(work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Results[Result]:
    for piece in pieces:
        with precisely():
            result = work(piece)
        yield result


def _started(threads: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(threads, thread_name_prefix="crew", initializer=_compute_alone)
    # A pool begins a thread when there is work for it.
    together = Barrier(threads)
    for begun in [pool.submit(together.wait) for _ in range(threads)]:
        begun.result()
    # What the others were told holds for all threads that are yet to begin, too.
    torch.set_num_threads(threads)
    return pool


def _compute_alone() -> None:
    torch.set_num_threads(1)
    torch.get_num_threads()  # torch makes it the thread's own when that is first asked for
